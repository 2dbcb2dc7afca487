// Package parts holds the pieces of the design system that pages are made of. It
// knows no op and no word: whoever puts a piece on a page gives it both.
package parts

// icons are drawn in a square of 16, by lines of the colour of the text.
var icons = map[string]string{
	"arrow":    `<path d="M2.5 8h11M9.5 4l4 4-4 4"/>`,
	"building": `<path d="M3 14V2.500h6.500V14M9.5 6.500H13V14M1.5 14h13"/><path d="M5.5 5.500h1.500M5.5 8h1.500M5.5 10.500h1.5"/>`,
	"card":     `<rect x="1.8" y="3.5" width="12.4" height="9" rx="1"/><path d="M1.8 6.500h12.400M4.5 10h3"/>`,
	"check":    `<path d="m3 8.5 3.3 3.300L13 4.8"/>`,
	"clock":    `<circle cx="8" cy="8" r="6"/><path d="M8 4.500V8l2.5 1.5"/>`,
	"copy":     `<rect x="5.500" y="5.500" width="8" height="8" rx="1"/><path d="M10.500 5.500v-3h-8v8h3"/>`,
	"download": `<path d="M8 2.500v8M4.8 7.5 8 10.700l3.2-3.200M2.5 10.500v3h11v-3"/>`,
	"edit":     `<path d="m3 13 .6-2.800L10.500 3.300l2.200 2.200-6.900 6.900z"/>`,
	"headset":  `<path d="M2.5 10V8a5.5 5.5 0 0 1 11 0v2"/><path d="M2.5 9.200h2v4h-1a1 1 0 0 1-1-1zM13.5 9.200h-2v4h1a1 1 0 0 0 1-1zM12.5 13.200c0 .9-1 1.3-3 1.3"/>`,
	"help":     `<circle cx="8" cy="8" r="6.2"/><path d="M6.2 6.200a1.9 1.9 0 1 1 2.7 1.700c-.6.3-.9.7-.9 1.400M8 11.700v.01"/>`,
	"home":     `<path d="M2.5 7.5 8 3l5.5 4.5V13h-11z"/><path d="M6.5 13V9.5h3V13"/>`,
	"info":     `<circle cx="8" cy="8" r="6.2"/><path d="M8 7.300v4M8 4.800v.01"/>`,
	"key":      `<circle cx="5" cy="11" r="2.8"/><path d="m7 9 6.500-6.500M11 4.500l2 2M9 6.500l1.500 1.500"/>`,
	"leave":    `<path d="M9.500 3H3v10h6.500M7 8h7M11.500 5.500 14 8l-2.500 2.500"/>`,
	"left":     `<path d="m10 4-4 4 4 4"/>`,
	"link":     `<path d="M6.5 9.5 9.5 6.500M7.3 4.700l1.2-1.200a2.8 2.8 0 0 1 4 4l-1.2 1.200M8.7 11.300l-1.2 1.200a2.8 2.8 0 0 1-4-4l1.2-1.2"/>`,
	"list":     `<path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01"/>`,
	"lock":     `<rect x="3" y="7" width="10" height="7" rx="1"/><path d="M5.2 7V5a2.8 2.8 0 0 1 5.6 0v2"/>`,
	"mail":     `<rect x="1.8" y="3.5" width="12.4" height="9" rx="1"/><path d="m2 4.5 6 4.5 6-4.5"/>`,
	"menu":     `<path d="M2 4h12M2 8h12M2 12h12"/>`,
	"moon":     `<path d="M13.5 9.500A6 6 0 0 1 6.5 2.500a6 6 0 1 0 7 7z"/>`,
	"out":      `<path d="M6.5 3H3v10h10V9.500M9.5 2.500h4v4M13.3 2.7 7.5 8.5"/>`,
	"phone":    `<rect x="4.500" y="1.800" width="7" height="12.400" rx="1.200"/><path d="M7.500 11.800h1"/>`,
	"plus":     `<path d="M8 3v10M3 8h10"/>`,
	"print":    `<path d="M4 6V2.500h8V6M4 11.500H2V6h12v5.500h-2"/><path d="M4.5 9.500h7v4h-7z"/>`,
	"right":    `<path d="m6 4 4 4-4 4"/>`,
	"screen":   `<rect x="1.8" y="2.5" width="12.4" height="8.5" rx="1"/><path d="M5.5 14h5M8 11v3"/>`,
	"shield":   `<path d="M8 1.8 13.2 3.700v4c0 3.2-2.2 5.5-5.2 6.5-3-1-5.2-3.3-5.2-6.500v-4z"/><path d="m5.8 8 1.6 1.6 3-3.2"/>`,
	"sliders":  `<path d="M2 4.500h6M11.5 4.500H14M2 11.500h2.500M8 11.500h6"/><circle cx="9.8" cy="4.5" r="1.7"/><circle cx="6.2" cy="11.5" r="1.7"/>`,
	"sun":      `<circle cx="8" cy="8" r="2.8"/><path d="M8 1.500v1M8 13.500v1M1.5 8h1M13.5 8h1M3.4 3.400l.7.7M11.9 11.900l.7.7M3.4 12.600l.7-.7M11.9 4.100l.7-.7"/>`,
	"swap":     `<path d="M2.5 5.500h10M10 3l2.5 2.500L10 8M13.5 10.500h-10M6 8l-2.5 2.500L6 13"/>`,
	"trash":    `<path d="M2.5 4.500h11M6 4.500v-2h4v2M4 4.500l.7 9.300h6.600l.7-9.3"/>`,
	"undo":     `<path d="M3 6.500h6.500a3.5 3.5 0 0 1 0 7H6M3 6.500l3-3M3 6.500l3 3"/>`,
	"user":     `<circle cx="8" cy="5.5" r="2.5"/><path d="M3 13.500c.4-2.7 2.3-4 5-4s4.6 1.3 5 4"/>`,
	"users":    `<circle cx="6" cy="5.5" r="2.5"/><path d="M1.5 13.500c.3-2.7 2.1-4 4.5-4s4.2 1.3 4.5 4M10.5 3.200a2.5 2.5 0 0 1 0 4.600M12 9.800c1.5.5 2.4 1.8 2.5 3.7"/>`,
	"bell":     `<path d="M3.5 11.500V7.500a4.5 4.5 0 0 1 9 0v4l1 1.500h-11zM6.5 14.500h3"/>`,
	"cal":      `<rect x="2" y="3" width="12" height="11" rx="1"/><path d="M2 6.500h12M5.2 1.500v3M10.8 1.500v3"/>`,
	"cols":     `<rect x="2" y="3" width="12" height="10" rx="1"/><path d="M6.5 3v10M10.5 3v10"/>`,
	"dots":     `<path d="M3 8h.01M8 8h.01M13 8h.01" stroke-width="2.4"/>`,
	"down":     `<path d="m4 6 4 4 4-4"/>`,
	"file":     `<path d="M3.5 1.800h6l3 3v9.400h-9z"/><path d="M9.5 1.800v3h3"/>`,
	"minus":    `<path d="M3 8h10"/>`,
	"pause":    `<path d="M5.5 3.500v9M10.5 3.500v9"/>`,
	"pulse":    `<path d="M1.5 8.5h3l2-5 3 9 2-5.500h3"/>`,
	"search":   `<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>`,
	"sort":     `<path d="M5 6.5 8 3.500l3 3M5 9.500l3 3 3-3"/>`,
	"stop":     `<circle cx="8" cy="8" r="6.2"/><path d="m3.7 3.7 8.6 8.6"/>`,
	"tasks":    `<path d="m2 4 1.2 1.200L5.5 3M2 11l1.2 1.2 2.3-2.200M8 4.500h6M8 11.500h6"/>`,
	"up":       `<path d="m4 10 4-4 4 4"/>`,
	"upload":   `<path d="M8 10.500v-8M4.8 5.5 8 2.300l3.2 3.200M2.5 10.500v3h11v-3"/>`,
	"warn":     `<path d="M8 2 14.5 13.500h-13z"/><path d="M8 6.500v3.200M8 11.700v.01"/>`,
	"x":        `<path d="m4 4 8 8M12 4l-8 8"/>`,
}

// lamps are drawn in a square of 12: a shape for each state, so that colour is
// never alone in telling it.
var lamps = map[string]string{
	"half": `<circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M6 1.800a4.2 4.2 0 0 0 0 8.400z" fill="currentColor"/>`,
	"off":  `<circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.2 2.190"/>`,
	"on":   `<circle cx="6" cy="6" r="5" fill="currentColor"/>`,
	"ring": `<circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.6"/><circle cx="6" cy="6" r="1.9" fill="currentColor"/>`,
	"sq":   `<path d="M1 1h10v10H1z" fill="currentColor"/><path d="m4 4 4 4m0-4-4 4" stroke="var(--panel)" stroke-width="1.5"/>`,
	"tri":  `<path d="M6 .8 11.6 10.800H.4z" fill="currentColor"/>`,
}

// shapes are the lamps of the states.
var shapes = map[string]string{"ok": "on", "wait": "half", "off": "off", "warn": "tri", "bad": "sq", "ext": "ring", "verified": "ring"}
