package ui

import (
	"net/http"
	"strings"

	"github.com/kontrollrum/kontrollrum/ops"
)

// device asks for the code that a device shows; an address that carries it asks
// for no more than the answer.
func (f *face) device(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.waiting(c, w, r, r.URL.Query().Get("user_code"))
}

func (f *face) giveDeviceCode(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.waiting(c, w, r, r.PostFormValue("code"))
}

// waiting shows which client waits with a code.
func (f *face) waiting(c ops.Caller, w http.ResponseWriter, r *http.Request, code string) error {
	page, err := f.devicePage(c, r, code)
	if err != nil {
		return err
	}
	if page.Code == "" && r.Method != http.MethodPost {
		return f.show(w, r, http.StatusOK, page.View())
	}
	view, err := do(r.Context(), f, c, ops.ViewDeviceCode{Code: page.Code})
	if err != nil {
		return err
	}
	return f.showDevice(w, r, page, view, "")
}

func (f *face) devicePage(c ops.Caller, r *http.Request, code string) (page DevicePage, err error) {
	user, err := do(r.Context(), f, c, ops.Myself{})
	if err != nil {
		return page, err
	}
	p := f.page(r, user.Language)
	p.here = "/device"
	return DevicePage{Page: p, Code: strings.ToUpper(strings.TrimSpace(code))}, nil
}

// showDevice shows what became of a code: a question, an answer, or what is wrong.
func (f *face) showDevice(w http.ResponseWriter, r *http.Request, page DevicePage, view *ops.DeviceView, done string) error {
	switch {
	case view.Wait > 0:
		page.Error = page.Say("attempts.wait", "Wait", page.wait(w, view.Wait))
		return f.show(w, r, http.StatusTooManyRequests, page.View())
	case view.Code != "":
		page.Error = page.Say("device.code.wrong")
		return f.show(w, r, http.StatusUnprocessableEntity, page.View())
	}
	page.Client, page.Done = view.Client.Name, done
	return f.show(w, r, http.StatusOK, page.View())
}

// answerDevice lets the device in, or turns it away.
func (f *face) answerDevice(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	page, err := f.devicePage(c, r, r.PostFormValue("code"))
	if err != nil {
		return err
	}
	if r.PostFormValue("answer") == "allow" {
		view, err := do(r.Context(), f, c, ops.ApproveDevice{Code: page.Code})
		if err != nil {
			return err
		}
		return f.showDevice(w, r, page, view, "allowed")
	}
	view, err := do(r.Context(), f, c, ops.DenyDevice{Code: page.Code})
	if err != nil {
		return err
	}
	return f.showDevice(w, r, page, view, "refused")
}
