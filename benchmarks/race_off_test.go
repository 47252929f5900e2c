//go:build !race

package main

// underRace: allocations are exact.
const underRace = false
