package modbus

// Requests that wait for their answers are kept as words that Pack made, the last first.

// Wait puts a request before the others, and is the one that falls out, 0 if none does.
func Wait(waiting []uint64, request uint64) (lost uint64) {
	lost = waiting[len(waiting)-1]
	copy(waiting[1:], waiting)
	waiting[0] = request
	return lost
}

// Answered takes the request of a transaction out; its Function is 0 if it was not seen.
func Answered(waiting []uint64, transaction uint16) Request {
	for i, word := range waiting {
		if r, t := Unpack(word); word != 0 && t == transaction {
			drop(waiting, i)
			return r
		}
	}
	return Request{}
}

// AnsweredOnLine takes the last request out that an answer of a unit fits: a
// line has no transactions, and those of it are by unit.
func AnsweredOnLine(waiting []uint64, unit uint8, pdu []byte) Request {
	for i, word := range waiting {
		if r, to := Unpack(word); word != 0 && to == uint16(unit) && answers(pdu, r) {
			drop(waiting, i)
			return r
		}
	}
	return Request{}
}

func drop(waiting []uint64, i int) {
	copy(waiting[i:], waiting[i+1:])
	waiting[len(waiting)-1] = 0
}

// answers reports whether a response can be the one to a request: it fits, and
// repeats the address that was written.
func answers(pdu []byte, asked Request) bool {
	if pdu[0]&^Exception != asked.Function || CheckResponse(pdu, asked) != "" {
		return false
	}
	again := Repeated(pdu)
	return again.Quantity == 0 || again.Address == asked.Address
}
