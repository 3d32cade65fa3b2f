package kicad

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// This reads VRML 2.0 (ISO/IEC 14772-1) as far as models of parts use it: any nodes
// and fields are parsed, and shapes.go looks at those that carry a mesh.

// node is "Type { field value ... }".
type node struct {
	kind   string
	fields map[string]value
}

// value is a field's: numbers, nodes, or words that are passed over.
type value struct {
	numbers []float64
	nodes   []*node
}

// Limits of a hostile file.
const (
	maxDepth   = 64
	maxNumbers = 8 << 20
)

// parser walks over the tokens.
type parser struct {
	data    []byte
	pos     int
	line    int
	numbers int
	named   map[string]*node // by DEF
}

// parseVRML returns the nodes at the top of a file.
func parseVRML(data []byte) ([]*node, error) {
	if !bytes.HasPrefix(data, []byte("#VRML V2.0")) {
		return nil, errors.New("it is no VRML 2.0 file")
	}
	p := &parser{data: data, line: 1, named: map[string]*node{}}
	var nodes []*node
	for {
		token := p.next()
		if token == "" {
			return nodes, nil
		}
		n, err := p.node(token, 0)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", p.line, err)
		}
		nodes = append(nodes, n)
	}
}

// next returns a token: a bracket, a quoted text or a word; "" at the end.
func (p *parser) next() string {
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; {
		case c == '\n':
			p.line++
			p.pos++
		case c == ' ' || c == '\t' || c == '\r' || c == ',':
			p.pos++
		case c == '#':
			for p.pos < len(p.data) && p.data[p.pos] != '\n' {
				p.pos++
			}
		default:
			return p.word()
		}
	}
	return ""
}

// word reads the token that starts here.
func (p *parser) word() string {
	start := p.pos
	switch p.data[start] {
	case '{', '}', '[', ']':
		p.pos++
		return string(p.data[start:p.pos])
	case '"':
		for p.pos++; p.pos < len(p.data) && p.data[p.pos] != '"'; p.pos++ {
			if p.data[p.pos] == '\\' {
				p.pos++
			}
		}
		p.pos = min(p.pos+1, len(p.data))
		return string(p.data[start:p.pos])
	}
	for p.pos < len(p.data) && bytes.IndexByte([]byte(" \t\r\n,{}[]#\""), p.data[p.pos]) < 0 {
		p.pos++
	}
	return string(p.data[start:p.pos])
}

// peek looks at the next token.
func (p *parser) peek() string {
	pos, line := p.pos, p.line
	t := p.next()
	p.pos, p.line = pos, line
	return t
}

// node reads a node that starts with a token: its type, DEF or USE.
func (p *parser) node(token string, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nodes are nested over %d deep", maxDepth)
	}
	switch token {
	case "USE":
		name := p.next()
		n, ok := p.named[name]
		if !ok {
			return nil, fmt.Errorf("%q is used before it is defined", name)
		}
		return n, nil
	case "DEF":
		name := p.next()
		n, err := p.node(p.next(), depth+1)
		if err == nil {
			p.named[name] = n
		}
		return n, err
	}
	if open := p.next(); open != "{" {
		return nil, fmt.Errorf("a node %q is not followed by { but by %q", token, open)
	}
	n := &node{kind: token, fields: map[string]value{}}
	for {
		field := p.next()
		switch field {
		case "}":
			return n, nil
		case "":
			return nil, fmt.Errorf("the file is cut off in a node %q", token)
		case "{", "[", "]":
			return nil, fmt.Errorf("a %s stands where a field of %q should", field, token)
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		n.fields[field] = v
	}
}

// value reads what follows a field's name.
func (p *parser) value(depth int) (value, error) {
	var v value
	if p.peek() == "[" {
		p.next()
		for {
			switch t := p.next(); t {
			case "]":
				return v, nil
			case "":
				return v, errors.New("the file is cut off in a list")
			default:
				if err := p.item(&v, t, depth); err != nil {
					return v, err
				}
			}
		}
	}
	first := p.next()
	if err := p.item(&v, first, depth); err != nil || len(v.numbers) == 0 {
		return v, err
	}
	for {
		if _, err := strconv.ParseFloat(p.peek(), 64); err != nil {
			return v, nil
		}
		if err := p.item(&v, p.next(), depth); err != nil {
			return v, err
		}
	}
}

// item adds a number or a node to a value, and passes over texts and truth values.
func (p *parser) item(v *value, t string, depth int) error {
	if f, err := strconv.ParseFloat(t, 64); err == nil {
		if p.numbers++; p.numbers > maxNumbers {
			return fmt.Errorf("it has over %d numbers", maxNumbers)
		}
		v.numbers = append(v.numbers, f)
		return nil
	}
	switch {
	case t == "TRUE", t == "FALSE", t == "NULL", t != "" && t[0] == '"':
		return nil
	case t == "" || t == "{" || t == "}" || t == "]" || t == "[":
		return fmt.Errorf("a value is missing before %q", t)
	}
	n, err := p.node(t, depth+1)
	if err == nil {
		v.nodes = append(v.nodes, n)
	}
	return err
}
