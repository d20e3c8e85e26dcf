package sqlite

import (
	"testing"

	"go.uber.org/goleak"

	"tyto/lab/doubles"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(doubles.Settled{M: m}) }
