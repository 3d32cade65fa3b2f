// Command pvs is product visual search from the shell: it draws or imports a
// catalogue of photos, embeds them with EfficientNet, finds each query's nearest
// neighbours, and scores the result.
//
//	go run ./pvs/cmd/pvs quickstart
//
// Every verb is a file of this folder. With --json the last line of stdout is one JSON
// object; progress goes to stderr. Exit status: 0 done, 1 failed, 2 wrong usage.
package main
