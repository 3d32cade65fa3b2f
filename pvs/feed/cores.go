package feed

import (
	"runtime"
	"sync"
)

// onAllCores calls work with 0 to n-1, on as many goroutines as there are cores.
func onAllCores(n int, work func(i int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}
