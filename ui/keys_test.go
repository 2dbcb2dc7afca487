package ui_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focused is what has the focus: its id, or the words on it.
func (f *flow) focused() string {
	f.Helper()
	return f.v.Eval(`{const e = document.activeElement; e.id || e.getAttribute("aria-label") || e.innerText.trim()}`)
}

// wantFocus checks where the focus is.
func (f *flow) wantFocus(when, want string) {
	f.Helper()
	if got := f.focused(); got != want {
		f.Errorf("%s the focus is on %q, want %q", when, got, want)
	}
}

// sound checks what is on the page now by axe.
func (f *flow) sound(what string) {
	f.Helper()
	for _, b := range f.v.Breaches("testdata/axe/axe.min.js", "html") {
		f.Errorf("%s: %s", what, b)
	}
}

// TestKeys works with the list of users by keys alone: where each leads, where
// the focus goes, that it comes back, and that axe finds no breach in what is
// opened so, in light and in dark, wide and narrow.
func TestKeys(t *testing.T) {
	t.Parallel()
	for _, dark := range []bool{false, true} {
		for _, width := range []int64{1440, 390} {
			tag := map[bool]string{true: "sv", false: "en"}[dark == (width == 390)]
			t.Run(fmt.Sprintf("%s-%d-dark=%t", tag, width, dark), func(t *testing.T) {
				t.Parallel()
				f := newFlow(t, tag)
				f.v.Size(width, 900)
				f.v.Dark(dark)
				f.enters("karin.holm@sundvik.example")
				f.goes("/o/SUN/users")
				keysOfPage(f)
				keysOfList(f)
				keysOfMenus(f, width > 1000)
				keysOfPalette(f)
				keysOff(f)
			})
		}
	}
}

// keysOfPage: the first stop leads past all that is the same on every page, and
// the stops follow one another as the page is read.
func keysOfPage(f *flow) {
	f.v.Key(kb.Tab)
	f.wantFocus("at first", f.say("page.skip"))
	f.v.Key(kb.Enter)
	f.wantFocus("past the bar", "main")
	f.v.Key(kb.Tab)
	if f.v.Eval(`String(document.querySelector("main").contains(document.activeElement))`) != "true" {
		f.Errorf("after what is skipped to comes %q", f.focused())
	}
	f.goes("/o/SUN/users")
	last := ""
	for range 60 {
		f.v.Key(kb.Tab)
		if now := f.v.Eval(`{const e = document.activeElement; String([...document.querySelectorAll("*")].indexOf(e)).padStart(6, "0")}`); now <= last {
			f.Errorf("%s stands before the stop that it follows", f.focused())
		} else {
			last = now
		}
		const seen = `{const e = document.activeElement, s = getComputedStyle(e); String(s.outlineStyle !== "none" || s.boxShadow !== "none" || e.matches("input"))}`
		if f.v.Eval(seen) != "true" {
			f.Errorf("nobody sees that the focus is on %q", f.focused())
		}
	}
}

// keysOfList: /, J, K, X, . and Enter.
func keysOfList(f *flow) {
	f.goes("/o/SUN/users?q=widm")
	f.v.Key("/")
	f.wantFocus("after /", "q")
	f.goes("/o/SUN/users?view=administrators")
	names := strings.Split(f.v.Eval(`[...document.querySelectorAll("#list a.name")].map((e) => e.innerText.trim()).join("|")`), "|")
	f.v.Key("j")
	f.wantFocus("after J", names[0])
	f.v.Key("jj")
	f.wantFocus("after J three times", names[2])
	f.v.Key("k")
	f.wantFocus("after K", names[1])
	f.v.Key("x")
	if got := f.v.Eval(`{const b = document.querySelectorAll("input[data-mark]:checked"); b.length + " " + b[0].closest("tr").querySelector("a.name").innerText.trim()}`); got != "1 "+names[1] {
		f.Errorf("X marks %q, want %s", got, names[1])
	}
	f.v.Await("[data-bulk]:not([hidden])")
	f.sound("the bar of marked rows")
	f.v.Key("x")
	f.v.Key(".")
	f.v.Await("#rowmenu .mi")
	f.sound("the menu of a row")
	if f.v.Eval(`String(document.querySelector("#rowmenu").contains(document.activeElement))`) != "true" {
		f.Errorf("the menu is open, and the focus on %q", f.focused())
	}
	first := f.focused()
	f.v.Key(kb.ArrowDown)
	if f.focused() == first {
		f.Error("the arrow moves nothing")
	}
	f.v.Key(kb.ArrowUp)
	f.wantFocus("down and up", first)
	f.v.Key(kb.Escape)
	f.wantFocus("after the menu", names[1])
}

// keysOfMenus: Enter opens, Escape closes and gives back the focus.
func keysOfMenus(f *flow, wide bool) {
	f.goes("/o/SUN/users")
	for button, menu := range map[string]string{"#me": "#me-menu", "[popovertarget=manage]": "#manage", "[popovertarget=columns]": "#columns",
		"#filters [popovertarget]": "#filters .menu"} {
		if !wide && menu == "#columns" {
			continue
		}
		f.v.Eval(fmt.Sprintf(`document.querySelector(%q).focus(); ""`, button))
		at := f.focused()
		f.v.Key(kb.Enter)
		f.v.Await(menu + ":popover-open")
		f.v.Key(kb.Tab)
		if f.v.Eval(fmt.Sprintf(`String(document.querySelector(%q).contains(document.activeElement))`, menu)) != "true" {
			f.Errorf("%s is open, and the next stop is %q", menu, f.focused())
		}
		f.v.Key(kb.Escape)
		if f.v.Has(menu + ":popover-open") {
			f.Errorf("%s stays open", menu)
		}
		f.wantFocus("after "+menu, at)
	}
}

// keysOfPalette: Ctrl K, some letters, an arrow and Enter.
func keysOfPalette(f *flow) {
	f.goes("/o/SUN/users")
	f.v.Key("j")
	at := f.focused()
	f.v.Key("k", chromedp.ModifierCtrl)
	f.v.Await("#palette-found [role=option]")
	f.wantFocus("in the palette", "palette-q")
	f.sound("the palette")
	f.v.Key(kb.Escape)
	f.wantFocus("after the palette", at)
	f.v.Key("k", chromedp.ModifierCtrl)
	f.v.Key("qqqqq")
	f.v.Await("#palette-found .none")
	f.sound("the palette that finds nothing")
	f.v.Fill("#palette-q", "widmark")
	f.v.Await("#palette-found [role=option][href*='/users/']")
	f.sound("the palette that finds somebody")
	f.v.Key(kb.Enter)
	f.v.Until("/o/SUN/users/")
	f.reads("Nora Widmark")
}

// keysOff: who switches the keys off writes letters, and no more.
func keysOff(f *flow) {
	f.goes("/profile")
	f.v.Press("#shortcuts button")
	f.goes("/o/SUN/users")
	f.v.Key("j")
	if f.v.Has("tr[data-at]") {
		f.Error("switched off, J moves")
	}
	f.v.Key("?")
	f.is("/o/SUN/users")
	f.goes("/profile")
	f.v.Press("#shortcuts button")
	f.goes("/o/SUN/users")
	f.v.Key("j")
	if !f.v.Has("tr[data-at]") {
		f.Error("switched on, J moves nothing")
	}
	f.v.Key("?")
	f.v.Until("/o/SUN/keys")
}
