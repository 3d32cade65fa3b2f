package main

import (
	"encoding"
	"encoding/json"
	"math"
	"reflect"
	"strings"
)

// finite is a value as JSON can say it: NaN and infinity are null. What has no
// such number is given back as it is.
func finite(v any) any {
	as, _ := finiteOf(reflect.ValueOf(v))
	return as
}

// finiteOf returns what a value is in JSON and whether a number was replaced.
func finiteOf(v reflect.Value) (any, bool) {
	if !v.IsValid() {
		return nil, false
	}
	same := v.Interface()
	switch same.(type) {
	case json.Marshaler, encoding.TextMarshaler:
		return same, false
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, true
		}
	case reflect.Interface, reflect.Pointer:
		if other, changed := finiteOf(v.Elem()); changed {
			return other, true
		}
	case reflect.Slice, reflect.Array:
		list, some := make([]any, v.Len()), false
		for i := range list {
			var changed bool
			list[i], changed = finiteOf(v.Index(i))
			some = some || changed
		}
		if some {
			return list, true
		}
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String {
			break
		}
		object, some := make(map[string]any, v.Len()), false
		for key, value := range v.Seq2() {
			var changed bool
			object[key.String()], changed = finiteOf(value)
			some = some || changed
		}
		if some {
			return object, true
		}
	case reflect.Struct:
		object := map[string]any{}
		some := members(v, object)
		if some {
			return object, true
		}
	}
	return same, false
}

// members puts a struct's fields into an object as package json does, those of embedded structs
// beside its own, and says whether a number was replaced.
func members(v reflect.Value, object map[string]any) (some bool) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct:
			some = members(v.Field(i), object) || some
			continue
		case !field.IsExported(), name == "-" && options == "", strings.Contains(options, "omitempty") && v.Field(i).IsZero():
			continue
		case name == "":
			name = field.Name
		}
		value, changed := finiteOf(v.Field(i))
		object[name], some = value, some || changed
	}
	return some
}
