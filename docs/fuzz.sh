#!/bin/sh
# Runs every Fuzz target of the tree and writes a table of target, executions, seconds and
# finds. All together make TOTAL executions, each target the same share.
#
#   docs/fuzz.sh [TOTAL [TABLE]]      10000000 and docs/fuzz.md if not given
#
# FUZZ_SECONDS gives each target so many seconds at most: slow readers then make fewer.
# One worker, for a machine that has other work; FUZZ_WORKERS says another number. An input
# that fails is kept by go test in testdata/fuzz/TARGET of the package, where it is a test
# from then on; the script goes on with the next target and ends with 1.
set -u
cd "$(dirname "$0")/.." || exit 1
total=${1:-10000000}
table=${2:-docs/fuzz.md}
workers=${FUZZ_WORKERS:-1}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

# package target, a line each
targets=$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u | while read -r dir; do
	go test -list '^Fuzz' "$dir" | grep '^Fuzz' | while read -r target; do echo "$dir $target"; done
done)
count=$(echo "$targets" | grep -c .)
[ "$count" -gt 0 ] || { echo "fuzz.sh: no targets are there" >&2; exit 1; }
each=$(((total + count - 1) / count))
echo "$count targets, $each executions each" >&2

{
	echo "# Fuzzing"
	echo
	echo "How far are the readers of files fuzzed, and what was found?"
	echo
	echo "By \`docs/fuzz.sh $total\`, $(date -u +%Y-%m-%d), commit $(git rev-parse --short HEAD),"
	echo "$(go env GOVERSION) on $(go env GOARCH), $workers worker(s)."
	echo "A find is an input that failed; it is kept as a test."
	echo
	echo "| target | executions | seconds | finds |"
	echo "|---|---:|---:|---:|"
} >"$table"
sum=0 failed=0
while read -r dir target; do
	start=$(date +%s)
	finds=0 done=0
	# A worker that something else ended is started again: its input fails no more.
	for attempt in 1 2 3; do
		fuzztime=$((each - done))x
		[ -z "${FUZZ_SECONDS:-}" ] || fuzztime=${FUZZ_SECONDS}s
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime" -fuzzminimizetime 1s \
			-parallel "$workers" "$dir" >"$log" 2>&1
		status=$?
		n=$(grep -o 'execs: [0-9]*' "$log" | tail -n 1 | grep -o '[0-9]*')
		done=$((done + ${n:-0}))
		[ $status -ne 0 ] || break # so many, or so long
		if ! go test -run "^$target\$" "$dir" >/dev/null 2>&1; then
			finds=1
			break
		fi
		git clean -qfd "$dir/testdata/fuzz/$target"
		[ "$done" -lt "$each" ] || break
	done
	if [ $finds -gt 0 ]; then
		failed=1
		echo "fuzz.sh: $dir $target failed:" >&2
		tail -n 25 "$log" >&2
	fi
	sum=$((sum + done))
	echo "| \`${dir#./}\` $target | $done | $(($(date +%s) - start)) | $finds |" >>"$table"
	echo "$dir $target: $done executions, $finds finds" >&2
done <<END
$targets
END
echo "| all | $sum | | |" >>"$table"
exit $failed
