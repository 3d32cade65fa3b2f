#!/usr/bin/env bash
# What can be known about the modules from the Go proxy alone: that their files are those of go.sum, and that none in
# use is retracted or deprecated by its author. The database of vulnerabilities that govulncheck reads is on a host of
# its own: where that cannot be reached, it says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
go mod verify
# Those of the build and its tests, not all that some module of theirs names.
used=$(go list -deps -test -f '{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}' ./... | sort -u)
bad="" unknown=""
retracted='{{if .Retracted}}{{.Path}} {{.Version}} is retracted: {{.Retracted}}{{end}}'
deprecated='{{if .Deprecated}}{{.Path}} is deprecated: {{.Deprecated}}{{end}}'
for module in $used; do
  # -u loads retractions and deprecations of the version in use, from the module's newest one.
  said=$(go list -m -u -retracted -f "$retracted$deprecated" "$module" 2>/dev/null) || unknown="$unknown $module"
  [ -z "$said" ] || bad="$bad$said"$'\n'
done
echo "$(wc -w <<<"$used") modules in use; of $(wc -w <<<"$unknown") the proxy does not tell:$unknown"
if [ -n "$bad" ]; then
  printf '%s' "$bad"
  exit 1
fi
echo "none of the others is retracted or deprecated"
if go run golang.org/x/vuln/cmd/govulncheck@v1.1.4 -version >/dev/null 2>&1; then
  found=0
  said=$(go run golang.org/x/vuln/cmd/govulncheck@v1.1.4 ./... 2>&1) || found=$?
  case $said in
  *"fetching vulnerabilities"*) echo "govulncheck: its database cannot be reached from here" ;;
  *) echo "$said"; exit "$found" ;;
  esac
else
  echo "govulncheck cannot be had from here"
fi
