// render.go renders a Helm chart as `helm template` does, with what the charts of this project use. Debian has no Helm, but the
// libraries that it stands on: golang-github-masterminds-sprig-dev and golang-github-ghodss-yaml-dev.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run render.go [-f values.yaml] [-n release] [-values] CHART
//
// It loads dependencies from `file://` repositories, merges values as Helm does (a chart's own, then those that a parent sets
// below the chart's name, then those of -f), and writes the documents to standard output. `lookup` is refused: it would need a
// cluster. -values writes the merged values instead, as JSON, one line for each chart: {"chart": ..., "values": ...}.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"github.com/ghodss/yaml"
)

type values = map[string]interface{}

type dependency struct {
	Name, Version, Repository, Condition, Alias string
}

type chart struct {
	Name, Version, AppVersion, Type, Description, APIVersion, KubeVersion string
	Dependencies                                                          []dependency

	directory string
	defaults  values
	parts     []*chart
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

func readYAML(path string, into interface{}) {
	text, err := os.ReadFile(path)
	check(err)
	if err := yaml.Unmarshal(text, into); err != nil {
		check(fmt.Errorf("%s: %w", path, err))
	}
}

func load(directory string) *chart {
	c := &chart{directory: directory, defaults: values{}}
	readYAML(filepath.Join(directory, "Chart.yaml"), c)
	if c.APIVersion != "v2" || c.Name == "" || c.Version == "" {
		check(fmt.Errorf("%s: needs apiVersion v2, a name and a version", directory))
	}
	if path := filepath.Join(directory, "values.yaml"); exists(path) {
		readYAML(path, &c.defaults)
	}
	for _, d := range c.Dependencies {
		if !strings.HasPrefix(d.Repository, "file://") || d.Condition != "" || d.Alias != "" {
			check(fmt.Errorf("%s: only plain file:// dependencies are known here", d.Name))
		}
		part := load(filepath.Join(directory, strings.TrimPrefix(d.Repository, "file://")))
		if part.Name != d.Name || part.Version != d.Version {
			check(fmt.Errorf("%s %s is not the dependency %s %s", part.Name, part.Version, d.Name, d.Version))
		}
		c.parts = append(c.parts, part)
	}
	return c
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// merge lays over onto base, key by key; null removes a key.
func merge(base, over values) values {
	out := values{}
	for k, v := range base {
		out[k] = v
	}
	for k, v := range over {
		below, isMap := v.(values)
		old, wasMap := out[k].(values)
		switch {
		case v == nil:
			delete(out, k)
		case isMap && wasMap:
			out[k] = merge(old, below)
		default:
			out[k] = v
		}
	}
	return out
}

// valuesOf: a chart sees its own values, and those of its parts below their names.
func valuesOf(c *chart, given values) values {
	out := merge(c.defaults, given)
	for _, part := range c.parts {
		own, _ := out[part.Name].(values)
		out[part.Name] = valuesOf(part, own)
	}
	return out
}

func contextOf(c *chart, v values, release string) values {
	return values{
		"Values":       v,
		"Chart":        values{"Name": c.Name, "Version": c.Version, "AppVersion": c.AppVersion, "Type": c.Type},
		"Release":      values{"Name": release, "Namespace": "default", "Service": "Helm", "IsInstall": true, "IsUpgrade": false, "Revision": 1},
		"Capabilities": values{"KubeVersion": values{"Version": "v1.31.0", "Major": "1", "Minor": "31"}},
		"Template":     values{"BasePath": c.Name + "/templates"},
	}
}

func toYAML(v interface{}) (string, error) {
	text, err := yaml.Marshal(v)
	return strings.TrimSuffix(string(text), "\n"), err
}

func functions(t *template.Template) template.FuncMap {
	include := func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := t.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	f := sprig.TxtFuncMap()
	delete(f, "env")
	delete(f, "expandenv")
	f["include"] = include
	f["toYaml"] = toYAML
	f["fromYaml"] = func(text string) (values, error) {
		out := values{}
		err := yaml.Unmarshal([]byte(text), &out)
		return out, err
	}
	f["toJson"] = func(v interface{}) (string, error) { text, err := json.Marshal(v); return string(text), err }
	f["required"] = func(message string, v interface{}) (interface{}, error) {
		if v == nil || v == "" {
			return nil, fmt.Errorf("%s", message)
		}
		return v, nil
	}
	f["fail"] = func(message string) (string, error) { return "", fmt.Errorf("%s", message) }
	f["lookup"] = func(...interface{}) (values, error) { return nil, fmt.Errorf("lookup needs a cluster") }
	f["tpl"] = func(text string, data interface{}) (string, error) {
		inner, err := template.Must(t.Clone()).New("tpl").Parse(text)
		if err != nil {
			return "", err
		}
		var out bytes.Buffer
		err = inner.Execute(&out, data)
		return out.String(), err
	}
	return f
}

// parse adds the templates of a chart and of its parts; those that make documents are returned, sorted.
func parse(t *template.Template, c *chart) []string {
	var documents []string
	for _, part := range c.parts {
		documents = append(documents, parse(t, part)...)
	}
	files, err := filepath.Glob(filepath.Join(c.directory, "templates", "*"))
	check(err)
	sort.Strings(files)
	for _, path := range files {
		text, err := os.ReadFile(path)
		check(err)
		name := c.Name + "/templates/" + filepath.Base(path)
		_, err = t.New(name).Parse(string(text))
		check(err)
		if !strings.HasPrefix(filepath.Base(path), "_") {
			if c.Type == "library" {
				check(fmt.Errorf("%s: a library chart makes no documents", name))
			}
			documents = append(documents, name)
		}
	}
	return documents
}

func writeValues(c *chart, v values) {
	for _, part := range c.parts {
		writeValues(part, v[part.Name].(values))
	}
	line, err := json.Marshal(values{"chart": c.directory, "values": v})
	check(err)
	fmt.Println(string(line))
}

func main() {
	file := flag.String("f", "", "values")
	release := flag.String("n", "test", "name of the release")
	onlyValues := flag.Bool("values", false, "write the merged values of each chart")
	flag.Parse()
	root := load(flag.Arg(0))
	given := values{}
	if *file != "" {
		readYAML(*file, &given)
	}
	merged := valuesOf(root, given)
	if *onlyValues {
		writeValues(root, merged)
		return
	}
	t := template.New("charts").Option("missingkey=zero")
	t.Funcs(functions(t))
	for _, name := range parse(t, root) {
		var out bytes.Buffer
		check(t.ExecuteTemplate(&out, name, contextOf(root, merged, *release)))
		fmt.Printf("---\n# Source: %s\n%s\n", name, strings.TrimSpace(out.String()))
	}
}
