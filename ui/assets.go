package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
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
	kind  string
	bytes []byte
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
		a.files[strings.TrimPrefix(name, "static/")] = asset{kind, b}
		return err
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
	_, err := w.Write(found.bytes)
	return err
}
