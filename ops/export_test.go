package ops

import "context"

// Interrupt makes f run between each op's last change and its commit, so that
// tests see what an error there leaves, or a transaction that has to run again.
// Nil is as it was. It must not be called while ops run.
func (h *Hub) Interrupt(f func() error) { h.interrupt = f }

// Known is the session check alone: it fails where a caller is nobody.
func (h *Hub) Known(ctx context.Context, c Caller) error { return h.known(ctx, c, Ask{}) }
