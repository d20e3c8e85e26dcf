package auth

import "github.com/alexedwards/argon2id"

// Passwords cost next to nothing in tests: what they are held to is not how
// long hashing takes.
var inUse = params

func init() {
	params = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// CostAsInUse has passwords cost what they do outside of tests, until the
// function that it returns is called.
func CostAsInUse() (end func()) {
	cheap := params
	params = inUse
	return func() { params = cheap }
}
