package hub

// FingerprintsChanged has all devices written again: the rules by which they are
// told apart are others now.
func (h *Hub) FingerprintsChanged() {
	for _, z := range h.all() {
		z.mu.Lock()
		z.known.Again()
		z.mu.Unlock()
	}
}
