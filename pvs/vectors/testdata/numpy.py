# The files of this folder are written by numpy 2.4.6 with this program (python numpy.py FOLDER).
import numpy as np, sys, os, pickle

d = sys.argv[1]
x = np.array([[0.5, -1.25, 3], [2, 0, -0.0625]])


def w(name, a, **k):
    with open(os.path.join(d, name + '.npy'), 'wb') as f:
        np.lib.format.write_array(f, a, **k)


w('float64', x)
w('float16', x.astype('f2'))
w('float32', x.astype('f4'))
w('big_endian', x.astype('>f4'))
w('big_endian64', x.astype('>f8'))
w('fortran', np.asfortranarray(x.astype('f4')))
w('fortran64', np.asfortranarray(x))
w('transposed', np.ascontiguousarray(x.astype('f4').T).T)
w('version2', x.astype('f4'), version=(2, 0))
w('version3', x.astype('f4'), version=(3, 0))
w('empty', np.zeros((0, 3), 'f4'))
w('no_columns', np.zeros((2, 0), 'f4'))
w('one_dimension', x.astype('f4')[0])
w('three', x.astype('f4').reshape(2, 3, 1))
w('scalar', np.float32(1))
w('int64', x.astype('i8'))
w('int8', x.astype('i1'))
w('bool', x > 0)
w('complex', x.astype('c8'))
w('text', np.array([['a', 'b']]))
w('objects', np.array([[1.0, 2], [3]], dtype=object))
w('records', np.zeros(2, dtype=[('id', 'i8'), ('v', 'f4', (3,))]))
w('longdouble', x.astype(np.longdouble))
np.savez(os.path.join(d, 'archive.npz'), x=x)
os.rename(os.path.join(d, 'archive.npz'), os.path.join(d, 'archive.npy'))
pickle.dump(x, open(os.path.join(d, 'pickle.npy'), 'wb'))
with open(os.path.join(d, 'two.npy'), 'wb') as f:
    np.save(f, x.astype('f4'))
    np.save(f, x.astype('f4'))
print(np.__version__)
