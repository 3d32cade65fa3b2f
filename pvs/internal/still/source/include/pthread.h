// Threads for a program that has one: WASI has no pthread.h, and the decoders are told to start none.
#ifndef ONE_THREAD_PTHREAD_H
#define ONE_THREAD_PTHREAD_H
#include <stddef.h>
#include <sys/types.h>
#define PTHREAD_ONCE_INIT 0
#define PTHREAD_MUTEX_INITIALIZER {0}
#define PTHREAD_COND_INITIALIZER {0}
static inline int pthread_create(pthread_t *t, const void *a, void *(*f)(void *), void *arg) {
  (void)t, (void)a, (void)f, (void)arg;
  return 11;
}
static inline int pthread_join(pthread_t t, void **r) { (void)t, (void)r; return 0; }
static inline int pthread_mutex_init(pthread_mutex_t *m, const void *a) { (void)m, (void)a; return 0; }
static inline int pthread_mutex_destroy(pthread_mutex_t *m) { (void)m; return 0; }
static inline int pthread_mutex_lock(pthread_mutex_t *m) { (void)m; return 0; }
static inline int pthread_mutex_unlock(pthread_mutex_t *m) { (void)m; return 0; }
static inline int pthread_cond_init(pthread_cond_t *c, const void *a) { (void)c, (void)a; return 0; }
static inline int pthread_cond_destroy(pthread_cond_t *c) { (void)c; return 0; }
static inline int pthread_cond_signal(pthread_cond_t *c) { (void)c; return 0; }
static inline int pthread_cond_broadcast(pthread_cond_t *c) { (void)c; return 0; }
// Nobody would ever signal: a trap is better than to wait for ever.
static inline int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m) { (void)c, (void)m; __builtin_trap(); }
static inline int pthread_attr_init(pthread_attr_t *a) { (void)a; return 0; }
static inline int pthread_attr_destroy(pthread_attr_t *a) { (void)a; return 0; }
static inline int pthread_attr_setstacksize(pthread_attr_t *a, size_t n) { (void)a, (void)n; return 0; }
static inline int pthread_once(pthread_once_t *o, void (*f)(void)) { if (!*o) *o = 1, f(); return 0; }
#endif
