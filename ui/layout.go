package ui

// languages are those of the switch.
var languages = []struct{ tag, short string }{{"sv", "SV"}, {"en", "EN"}}

// themes are those of the switch.
var themes = []struct{ value, icon string }{{"light", "sun"}, {"dark", "moon"}, {"system", "screen"}}

// languageName is what a language calls itself.
func (p *Page) languageName(tag string) string { return p.book.In(tag).Say("language.name") }
