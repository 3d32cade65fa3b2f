package main

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// withNegatives joins numbers below zero with the flags before them: --k -1 is --k=-1, to
// be refused as a number, and not a flag -1.
func withNegatives(args []string) []string {
	var out []string
	for _, arg := range args {
		if n := len(out); n > 0 && strings.HasPrefix(out[n-1], "--") && !strings.Contains(out[n-1], "=") &&
			strings.HasPrefix(arg, "-") {
			if _, err := strconv.ParseFloat(arg, 64); err == nil {
				out[n-1] += "=" + arg
				continue
			}
		}
		out = append(out, arg)
	}
	return out
}

// checkValues refuses values that nothing could be done with, and that would otherwise be
// taken for flags that were not given: numbers beyond the tags min, max, above and below of
// their fields, and names that are empty - as an unset variable of a script makes them.
// A number without a tag may be anything that its type allows.
func checkValues(parsed *kong.Context) error {
	for _, p := range parsed.Path {
		switch {
		case p.Flag != nil:
			wayOut := "; leave the flag out or say which"
			if p.Flag.Required {
				wayOut = "; say which"
			}
			if err := checkValue("--"+p.Flag.Name, p.Flag.Value, wayOut); err != nil {
				return err
			}
		case p.Positional != nil:
			if err := checkValue(p.Positional.Summary(), p.Positional, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkValue(name string, v *kong.Value, wayOut string) error {
	switch v.Target.Kind() {
	case reflect.String:
		if v.Target.Len() == 0 {
			return fmt.Errorf("%s is empty%s", name, wayOut)
		}
	case reflect.Slice:
		for i := range v.Target.Len() {
			if e := v.Target.Index(i); e.Kind() == reflect.String && e.Len() == 0 {
				return fmt.Errorf("%s is empty, or one of its names is%s", name, wayOut)
			}
		}
		if v.Target.Len() == 0 {
			return fmt.Errorf("%s is empty%s", name, wayOut)
		}
	case reflect.Int, reflect.Int64:
		return checkNumber(name, v, float64(v.Target.Int()))
	case reflect.Float64:
		return checkNumber(name, v, v.Target.Float())
	}
	return nil
}

// checkNumber compares with the tags.
func checkNumber(name string, v *kong.Value, got float64) error {
	var wanted []string
	right := true
	for _, tag := range []struct {
		name, words string
		holds       func(limit float64) bool
	}{
		{"min", "at least", func(limit float64) bool { return got >= limit }},
		{"above", "above", func(limit float64) bool { return got > limit }},
		{"max", "at most", func(limit float64) bool { return got <= limit }},
		{"below", "below", func(limit float64) bool { return got < limit }},
	} {
		text := v.Tag.Get(tag.name)
		if text == "" {
			continue
		}
		limit, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("the limit %s of %s: %w", tag.name, name, err)
		}
		wanted = append(wanted, tag.words+" "+text)
		right = right && tag.holds(limit)
	}
	if !right {
		return fmt.Errorf("%s is %g; it must be %s", name, got, strings.Join(wanted, " and "))
	}
	return nil
}
