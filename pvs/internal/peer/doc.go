// Package peer reads the addresses of servers that another one asks.
package peer
