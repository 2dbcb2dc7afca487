package ui

import (
	"strconv"
	"strings"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(s string) (int, error) { return strconv.Atoi(s) }

// number tells a number as people do: thousands apart, by a space that does not
// break in Swedish and by a comma in English (CLDR).
func (p *Page) number(n int) string {
	digits := strconv.Itoa(n)
	apart := "\u00a0"
	if p.Language() == "en" {
		apart = ","
	}
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + apart + digits[at:]
	}
	return digits
}

// percent is how many of all n are, in hundredths, from 0 to 100; a few are 1
// at least and not quite all 99 at most.
func percent(n, all int) int {
	switch {
	case n <= 0 || all <= 0:
		return 0
	case n >= all:
		return 100
	}
	return min(max(n*100/all, 1), 99)
}

// zone sets the time zone in which times are told: the first of some that there is.
func (p *Page) zone(names ...string) {
	for _, name := range names {
		if place, err := time.LoadLocation(name); err == nil && name != "" {
			p.now = p.now.In(place)
			return
		}
	}
}

// when tells a time as people do, in the page's zone; empty for none.
func (p *Page) when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.now.Location())
	clock := t.Format("15:04")
	month := p.Say("time.month." + itoa(int(t.Month())))
	switch day := func(t time.Time) string { return t.Format(time.DateOnly) }; {
	case day(t) == day(p.now):
		return p.Say("time.today", "Clock", clock)
	case day(t) == day(p.now.AddDate(0, 0, -1)):
		return p.Say("time.yesterday", "Clock", clock)
	case t.Year() == p.now.Year():
		return p.Say("time.day", "Day", t.Day(), "Month", month, "Clock", clock)
	}
	return p.Say("time.date", "Day", t.Day(), "Month", month, "Year", t.Year())
}

// device says in a few words what a browser calls itself.
func (p *Page) device(userAgent string) string {
	browser := first(userAgent, browsers)
	system := first(userAgent, systems)
	switch {
	case browser != "" && system != "":
		return p.Say("browser.on", "Browser", browser, "System", system)
	case browser != "" || system != "":
		return browser + system
	case userAgent == "":
		return p.Say("browser.unknown")
	}
	return p.Say("browser.program")
}

// browsers and systems, by what stands in the header User-Agent; those that
// claim to be others stand before them.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Version/", "Safari"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

func first(text string, of [][2]string) string {
	for _, pair := range of {
		if strings.Contains(text, pair[0]) {
			return pair[1]
		}
	}
	return ""
}
