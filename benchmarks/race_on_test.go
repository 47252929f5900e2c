//go:build race

package main

// underRace: the race detector allocates, and makes sync.Pool forget at random.
const underRace = true
