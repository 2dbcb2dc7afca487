package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

//go:embed static
var static embed.FS

// assets are the hub's own files: styles, fonts and a script. Their path
// carries a hash of all of them, so that browsers keep them for good.
type assets struct {
	root  string // /static/ and the hash
	files map[string]asset
}

type asset struct {
	kind   string
	bytes  []byte
	packed []byte // by gzip; nil where that saves nothing
}

// kinds of files that the machine's own tables may not know.
var kinds = map[string]string{".woff2": "font/woff2", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8"}

func readAssets() (*assets, error) {
	a := &assets{files: map[string]asset{}}
	sum := sha256.New()
	err := fs.WalkDir(static, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := static.ReadFile(name)
		fmt.Fprintf(sum, "%s %d\n", name, len(b))
		sum.Write(b)
		kind := kinds[path.Ext(name)]
		if kind == "" {
			kind = mime.TypeByExtension(path.Ext(name))
		}
		packed, wrong := pack(b, gzip.BestCompression)
		if len(packed) > len(b)*9/10 {
			packed = nil // it is packed already, as fonts are
		}
		a.files[strings.TrimPrefix(name, "static/")] = asset{kind, b, packed}
		return errors.Join(err, wrong)
	})
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	a.root = "/static/" + hex.EncodeToString(sum.Sum(nil))[:16]
	return a, nil
}

// asset serves one file, for good. By another hash than today's it is not
// there: a page that asks so is of another version.
func (f *face) asset(_ ops.Caller, w http.ResponseWriter, r *http.Request) error {
	found, ok := f.assets.files[r.PathValue("file")]
	if !ok || "/static/"+r.PathValue("hash") != f.assets.root {
		return kontrollrum.Missing("file")
	}
	w.Header().Set("Content-Type", found.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Vary", "Accept-Encoding")
	body := found.bytes
	if found.packed != nil && unpacks(r) {
		w.Header().Set("Content-Encoding", "gzip")
		body = found.packed
	}
	_, err := w.Write(body)
	return err
}

// send writes a page, packed where it is large and the browser unpacks it. A
// page with a secret on it is small, or answers a POST that no other site can
// have sent, so that its length tells nobody anything (BREACH).
func send(w http.ResponseWriter, r *http.Request, status int, body string) error {
	w.Header().Set("Vary", "Accept-Encoding, HX-Request")
	if len(body) < 4096 || r.Method != http.MethodGet || !unpacks(r) {
		w.WriteHeader(status)
		_, err := io.WriteString(w, body)
		return err
	}
	packed, err := pack([]byte(body), gzip.BestSpeed)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	_, err = w.Write(packed)
	return err
}

// unpacks reports whether a browser says that it reads gzip (RFC 9110 §12.5.3).
func unpacks(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			return !strings.Contains(strings.ReplaceAll(weight, " ", "")+";", "q=0;")
		}
	}
	return false
}

// pack packs bytes by gzip.
func pack(b []byte, level int) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, level)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(b)
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
