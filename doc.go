// Package kontrollrum names the things a contact centre's administration is
// about: organizations and the partnerships between them, users, licences,
// role assignments, and the entries that say who did what. It knows nothing
// of databases, HTTP or words on a screen.
//
// The whole product in a few lines:
//
//	hub, err := ops.Open(ctx, ops.Config{Database: "data/kontrollrum.db", Now: time.Now, NewID: newID})
//	caller := ops.Bearer(token)                     // who asks; never what they may
//	user, err := ops.Do(ctx, hub, caller, ops.AddUser{
//		Organization: "SUN", Email: "eva.ek@sundvik.example", DisplayName: "Eva Ek",
//	})
//	var refusal *kontrollrum.Error
//	if errors.As(err, &refusal) {
//		fmt.Println(refusal.Code, refusal.Rule, refusal.Cell) // not_permitted "" S/C
//	}
//
// Everything anyone does is an op and runs in ops.Do, which permits, runs and
// records it in one transaction or does none of the three.
package kontrollrum
