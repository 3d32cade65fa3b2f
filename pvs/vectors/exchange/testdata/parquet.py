# The files of parquet/ are written by this program (python parquet.py FOLDER) with pyarrow, pandas, polars, DuckDB
# and fastparquet.
import sys, os, decimal, uuid, datetime
import numpy as np, pyarrow as pa, pyarrow.parquet as pq, pandas as pd, polars as pl, duckdb, fastparquet

d = sys.argv[1]
X = [[0.5, -1.25, 3.0], [2.0, 0.0, -0.0625], [1.0, 1.0, 1.0]]
p = lambda n: os.path.join(d, n + '.parquet')
vec = pa.array(X, pa.list_(pa.float32()))


def w(name, ids, v=vec, **k):
    pq.write_table(
        pa.table({'id': ids, 'vector': v}),
        p(name),
        **{'compression': 'none', 'store_schema': False, 'write_statistics': False, **k}
    )


# ids
for bits in (8, 16, 32, 64):
    w('id_u%d' % bits, pa.array([0, 7, 2**bits - 1], getattr(pa, 'uint%d' % bits)()))
    w('id_i%d' % bits, pa.array([0, -7, -(2 ** (bits - 1))], getattr(pa, 'int%d' % bits)()))
w('id_u32_v1', pa.array([0, 7, 2**32 - 1], pa.uint32()), version='1.0')
w('id_dictionary', pa.array(['a', 'ü', 'c c']).dictionary_encode())
w('id_large', pa.array(['a', 'ü', 'c c'], pa.large_string()))
w('id_view', pa.array(['a', 'ü', 'c c'], pa.string_view()))
w('id_binary', pa.array(['a'.encode(), 'ü'.encode(), b'c c'], pa.binary()))
w('id_fixed', pa.array([b'aa', b'bb', b'cc'], pa.binary(2)))
U = [uuid.UUID(int=i * 0x11111111111111111111111111111111) for i in (1, 2, 15)]
w('id_uuid', pa.array([u.bytes for u in U], pa.uuid()))
w('id_decimal', pa.array([decimal.Decimal(s) for s in ('0', '-12', '99999999999999999999')], pa.decimal128(20, 0)))
w(
    'id_decimal_int',
    pa.array([decimal.Decimal(s) for s in ('0', '-12', '999')], pa.decimal128(5, 0)),
    store_decimal_as_integer=True,
)
w('id_float', pa.array([1.0, 2.0, 3.0]))
w('id_bool', pa.array([True, False, True]))
w('id_time', pa.array([datetime.datetime(2024, 1, i) for i in (1, 2, 3)], pa.timestamp('us')))
w('id_null', pa.array(['a', None, 'c']))
w('id_list', pa.array([['a'], ['b'], ['c']]))
# vectors
abc = pa.array(['a', 'b', 'c'])
w('v_large_list', abc, pa.array(X, pa.large_list(pa.float32())))
w('v_fixed', abc, pa.array(X, pa.list_(pa.float32(), 3)))
w('v_double', abc, pa.array(X, pa.list_(pa.float64())))
w('v_half', abc, pa.array([np.array(r, 'f2') for r in X], pa.list_(pa.float16())))
w('v_required', pa.array(['a', 'b', 'c']), pa.array(X, pa.list_(pa.field('element', pa.float32(), nullable=False))))
w('v_legacy', abc, use_compliant_nested_type=False)
w('v_null', abc, pa.array([X[0], None, X[2]], pa.list_(pa.float32())))
w('v_empty', abc, pa.array([X[0], [], X[2]], pa.list_(pa.float32())))
w('v_empty_required', abc, pa.array([X[0], [], X[2]], pa.list_(pa.field('element', pa.float32(), nullable=False))))
w('v_hole', abc, pa.array([X[0], [1.0, None, 2.0], X[2]], pa.list_(pa.float32())))
w('v_ragged', abc, pa.array([X[0], [1.0], X[2]], pa.list_(pa.float32())))
w('v_int', abc, pa.array([[1, 2, 3]] * 3, pa.list_(pa.int32())))
w('v_text', abc, pa.array([str(r) for r in X]))
w('v_struct', abc, pa.array([{'values': r} for r in X], pa.struct([('values', pa.list_(pa.float32()))])))
w('v_nested', abc, pa.array([[r] for r in X], pa.list_(pa.list_(pa.float32()))))
# tables
w('no_rows', pa.array([], pa.string()), pa.array([], pa.list_(pa.float32())))
pq.ParquetWriter(
    p('no_groups'), pa.schema([('id', pa.string()), ('vector', pa.list_(pa.float32()))]), store_schema=False
).close()
w('groups', abc, row_group_size=1)
w('zstd', abc, compression='zstd')
w('snappy', abc, compression='snappy')
w('gzip', abc, compression='gzip')
w('brotli', abc, compression='brotli')
w('lz4', abc, compression='lz4')
w('v2_pages', abc, data_page_version='2.0')
w('byte_stream', abc, use_dictionary=False, column_encoding={'vector.list.element': 'BYTE_STREAM_SPLIT'})
pq.write_table(
    pa.table(
        {
            'row': pa.array(
                [{'id': 'a', 'vector': r} for r in X],
                pa.struct([('id', pa.string()), ('vector', pa.list_(pa.float32()))]),
            )
        }
    ),
    p('in_struct'),
    compression='none',
    store_schema=False,
)
pq.write_table(pa.table({'photo_id': abc, 'embedding': vec}), p('other_names'), compression='none', store_schema=False)
pq.write_table(
    pa.table({'ID': abc, 'Vector': vec, 'extra': pa.array([1, 2, 3])}),
    p('capitals'),
    compression='none',
    store_schema=False,
)
df = pd.DataFrame({'id': ['a', 'b', 'c'], 'vector': X})
df.to_parquet(p('pandas'))
df.set_index('id').to_parquet(p('pandas_index'))
pd.DataFrame({'id': pd.array([1, None, 3], 'Int64'), 'vector': X}).to_parquet(p('pandas_null'))
pl.DataFrame(
    {'id': ['a', 'b', 'c'], 'vector': X}, schema={'id': pl.String, 'vector': pl.List(pl.Float32)}
).write_parquet(p('polars'))
pl.DataFrame(
    {'id': [1, 2, 2**64 - 1], 'vector': X}, schema={'id': pl.UInt64, 'vector': pl.Array(pl.Float32, 3)}
).write_parquet(p('polars_array'))
pl.DataFrame({'id': ['a', 'b', 'a'], 'vector': X}, schema={'id': pl.Categorical, 'vector': pl.List(pl.Float64)}).head(
    2
).write_parquet(p('polars_category'))
con = duckdb.connect()
for name, sql in {
    'duckdb': "select * from "
    "(values ('a', [0.5::float, -1.25, 3]), ('b', [2::float, 0, -0.0625]), ('c', [1::float, 1, 1])) t(id, vector)",
    'duckdb_array': "select * from "
    "(values (0::utinyint, [0.5, -1.25, 3]::float[3]), (7, [2, 0, -0.0625]::float[3]), "
    "(255, [1, 1, 1]::float[3])) t(id, vector)",
    'duckdb_uuid': "select ('00000000-0000-0000-0000-00000000000' || i)::uuid as id, [i::double, 1, 2] as vector "
    "from range(3) t(i)",
    'duckdb_huge': "select (i + 170141183460469231731687303715884105725::hugeint) as id, [i::float] as vector "
    "from range(2) t(i)",
}.items():
    con.execute("copy (%s) to '%s' (format parquet)" % (sql, p(name)))
fastparquet.write(p('fastparquet'), df, object_encoding={'id': 'utf8', 'vector': 'json'})
