// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A list of registers in JSON, as the tutorial of the SystemRDL compiler writes
 * it: objects with a type, an inst_name and children.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "regmap.h"

#define NAME_MAX_LENGTH 255

struct reader {
	struct dflres_regmap *map;
	struct dflres_regmap_fault *fault;
};

/* What the children of an object inherit. */
struct base {
	const char *name;	/* of the register or the file of registers; "" */
	uint64_t offset;
	unsigned int width;	/* of the register; 0: the object is not one */
};

/* ---- lines ---- */

int dflres_regmap_fail(struct dflres_regmap_fault *fault,
		       unsigned int line, const char *format, ...)
{
	va_list args;
	int length;

	fault->written = true;
	length = snprintf(fault->text, fault->size, "%s:%u: ", fault->path, line);
	if (length < 0 || (size_t)length >= fault->size)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(fault->text + length, fault->size - (size_t)length, format,
		  args);
	va_end(args);
	return -EINVAL;
}

/* From '{' to '{' through a text that is JSON. */
struct scan {
	const char *at, *end;
	unsigned int line;
};

/* The line of the next '{'; 0: there is none. */
static unsigned int next_object(struct scan *scan)
{
	bool in_string = false;

	while (scan->at < scan->end) {
		const char c = *scan->at++;

		if (c == '\n')
			scan->line++;
		else if (c == '\\' && in_string)
			scan->at++;
		else if (c == '"')
			in_string = !in_string;
		else if (c == '{' && !in_string)
			return scan->line;
	}
	return 0;
}

/* The parser keeps the order of the text, but not its lines: give them to the objects. */
static bool number_objects(json_object *value, struct scan *scan)
{
	unsigned int line;

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			if (!number_objects(json_object_array_get_idx(value, i),
					    scan))
				return false;
		}
	} else if (json_object_is_type(value, json_type_object)) {
		line = next_object(scan);
		json_object_set_userdata(value, (void *)(uintptr_t)line, NULL);
		if (!line)
			return false;
		json_object_object_foreach(value, key, member) {
			(void)key;
			if (!number_objects(member, scan))
				return false;
		}
	}
	return true;
}

static unsigned int line_of(json_object *object)
{
	return (unsigned int)(uintptr_t)json_object_get_userdata(object);
}

static unsigned int line_at(const char *text, size_t offset)
{
	unsigned int line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

/* With the errno in sight, for tools that see only this file. */
#define FAIL(reader, object, ...) \
	(dflres_regmap_fail((reader)->fault, line_of(object), __VA_ARGS__), \
	 -EINVAL)

/* ---- members ---- */

static const char *string_of(json_object *object, const char *key)
{
	json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

/* A whole number from 0 to @max. */
static int get_number(const struct reader *reader, json_object *object,
		      const char *key, uint64_t max, uint64_t *number)
{
	json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		return FAIL(reader, object, "%s is missing", key);
	if (!json_object_is_type(value, json_type_int) ||
	    json_object_get_int64(value) < 0 ||
	    json_object_get_uint64(value) > max)
		return FAIL(reader, object,
			    "%s is not a whole number from 0 to %" PRIu64, key,
			    max);
	*number = json_object_get_uint64(value);
	return 0;
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

/* The exporter unrolls an array to "CTRL[3]" and so on. */
static bool is_name(const char *name)
{
	return strspn(name, LETTERS) && !name[strspn(name, LETTERS "0123456789[]")];
}

/* @base and the object's own name, to be freed. */
static int get_name(const struct reader *reader, json_object *object,
		    const char *base, char **name)
{
	const char *own = string_of(object, "inst_name");

	if (!own || !is_name(own))
		return FAIL(reader, object,
			    "inst_name is not a name: a letter or '_', then these, digits, '[' and ']'");
	if (strlen(base) + strlen(own) >= NAME_MAX_LENGTH)
		return FAIL(reader, object, "the name %s.%s is too long", base,
			    own);
	if (asprintf(name, "%s%s%s", base, *base ? "." : "", own) < 0)
		return -ENOMEM;
	return 0;
}

/* ---- registers and fields ---- */

static int add_entry(const struct reader *reader, json_object *object,
		     const char *base, struct dflres_regmap_entry **entry)
{
	struct dflres_regmap *map = reader->map;
	struct dflres_regmap_entry *new;
	const char *access;
	int error;

	if (map->count == map->room) {
		const size_t room = map->room ? 2 * map->room : 64;

		new = reallocarray(map->entries, room, sizeof(*new));
		if (!new)
			return -ENOMEM;
		map->entries = new;
		map->room = room;
	}
	new = &map->entries[map->count];
	memset(new, 0, sizeof(*new));
	error = get_name(reader, object, base, &new->name);
	if (error)
		return error;
	map->count++;
	access = string_of(object, "sw_access");
	new->access = strdup(access ? access : "");
	if (!new->access)
		return -ENOMEM;
	new->line = line_of(object);
	new->public.name = new->name;
	new->public.access = new->access;
	*entry = new;
	return 0;
}

static int get_reset(const struct reader *reader, json_object *object,
		     struct dflres_register *field)
{
	const unsigned int bits = (unsigned int)__builtin_popcountll(field->mask);
	json_object *value;

	/* a field without one has null */
	if (!json_object_object_get_ex(object, "reset", &value) || !value)
		return 0;
	field->has_reset = true;
	return get_number(reader, object, "reset", UINT64_MAX >> (64 - bits),
			  &field->reset);
}

static int read_field(const struct reader *reader, json_object *object,
		      const struct base *base)
{
	struct dflres_regmap_entry *entry;
	uint64_t lsb = 0, msb = 0;
	int error;

	if (!base->width)
		return FAIL(reader, object, "a field is not in a reg");
	error = add_entry(reader, object, base->name, &entry);
	if (!error)
		error = get_number(reader, object, "lsb", base->width - 1, &lsb);
	if (!error)
		error = get_number(reader, object, "msb", base->width - 1, &msb);
	if (error)
		return error;
	if (msb < lsb)
		return FAIL(reader, object, "msb is below lsb");
	entry->public.is_field = true;
	entry->public.offset = base->offset;
	entry->public.width = base->width;
	entry->public.mask = dflres_mask((unsigned int)msb, (unsigned int)lsb);
	return get_reset(reader, object, &entry->public);
}

static json_object *children_of(json_object *object)
{
	json_object *children;

	return json_object_object_get_ex(object, "children", &children) ?
	       children : NULL;
}

/* As the file says, or else 32 bits, as in SystemRDL, or 64 if the fields need them. */
static int get_width(const struct reader *reader, json_object *object,
		     unsigned int *width)
{
	json_object *children = children_of(object), *value;
	uint64_t bits = 32;
	int error;

	if (json_object_object_get_ex(object, "regwidth", &value)) {
		error = get_number(reader, object, "regwidth", 64, &bits);
		if (error)
			return error;
	} else if (json_object_is_type(children, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(children); i++) {
			json_object *child = json_object_array_get_idx(children, i);

			if (json_object_is_type(child, json_type_object) &&
			    json_object_object_get_ex(child, "msb", &value) &&
			    json_object_get_int64(value) > 31)
				bits = 64;
		}
	}
	if (bits != 8 && bits != 16 && bits != 32 && bits != 64)
		return FAIL(reader, object, "regwidth is not 8, 16, 32 or 64");
	*width = (unsigned int)bits;
	return 0;
}

/* A register has a known reset value if each of its fields has one. */
static void add_resets(struct dflres_regmap *map, size_t reg)
{
	struct dflres_register *whole = &map->entries[reg].public;

	whole->has_reset = map->count > reg + 1;
	for (size_t i = reg + 1; i < map->count; i++) {
		const struct dflres_register *field = &map->entries[i].public;

		whole->has_reset = whole->has_reset && field->has_reset;
		whole->reset |= dflres_field_prep(field->mask, field->reset);
	}
}

static int read_children(const struct reader *reader, json_object *object,
			 const struct base *base);

static int read_reg(const struct reader *reader, json_object *object,
		    const struct base *parent, uint64_t offset)
{
	const size_t index = reader->map->count;
	struct base base = { .offset = offset };
	struct dflres_regmap_entry *entry;
	int error;

	if (parent->width)
		return FAIL(reader, object, "a reg is in another reg");
	error = add_entry(reader, object, parent->name, &entry);
	if (!error)
		error = get_width(reader, object, &base.width);
	if (error)
		return error;
	entry->public.offset = offset;
	entry->public.width = base.width;
	entry->public.mask = UINT64_MAX >> (64 - base.width);
	/* a larger array may move the entry, not its name */
	base.name = entry->name;
	error = read_children(reader, object, &base);
	if (!error)
		add_resets(reader->map, index);
	return error;
}

/* ---- what registers are in ---- */

static int read_group(const struct reader *reader, json_object *object,
		      const struct base *parent, uint64_t offset, bool is_top)
{
	struct base base = { .name = "", .offset = offset };
	char *name = NULL;
	int error = 0;

	if (parent->width)
		return FAIL(reader, object, "registers are in a reg");
	/* the outermost object is the feature */
	if (!is_top) {
		error = get_name(reader, object, parent->name, &name);
		base.name = name;
	}
	if (!error)
		error = read_children(reader, object, &base);
	free(name);
	return error;
}

static int read_object(const struct reader *reader, json_object *object,
		       const struct base *parent, bool is_top)
{
	const char *type = string_of(object, "type");
	uint64_t offset;
	bool is_group;
	int error;

	if (type && !is_top && !strcmp(type, "field"))
		return read_field(reader, object, parent);
	is_group = type && (!strcmp(type, "addrmap") || !strcmp(type, "regfile"));
	if (!type || (!is_group && (is_top || strcmp(type, "reg") != 0)))
		return FAIL(reader, object, "type is not %s", is_top ?
			    "'addrmap' or 'regfile'" :
			    "'addrmap', 'regfile', 'reg' or 'field'");
	error = get_number(reader, object, "addr_offset",
			   UINT64_MAX - parent->offset, &offset);
	if (error)
		return error;
	offset += parent->offset;
	return is_group ? read_group(reader, object, parent, offset, is_top) :
			  read_reg(reader, object, parent, offset);
}

static int read_children(const struct reader *reader, json_object *object,
			 const struct base *base)
{
	json_object *children = children_of(object);
	int error = 0;

	if (!json_object_is_type(children, json_type_array))
		return FAIL(reader, object, "children is not an array");
	for (size_t i = 0; !error && i < json_object_array_length(children); i++) {
		json_object *child = json_object_array_get_idx(children, i);

		if (json_object_is_type(child, json_type_object))
			error = read_object(reader, child, base, false);
		else
			error = FAIL(reader, object, "child %zu is not an object",
				     i);
	}
	return error;
}

/* ---- the file ---- */

static size_t span(const char *at, const char *end, const char *accept)
{
	const char *const start = at;

	while (at < end && *at && strchr(accept, *at))
		at++;
	return (size_t)(at - start);
}

/* Whether so many digits are a number of more than 64 bits. */
static bool is_too_large(const char *digits, size_t count)
{
	static const char max[] = "18446744073709551615";
	const size_t most = sizeof(max) - 1;

	return count > most || (count == most && memcmp(digits, max, most) > 0);
}

/*
 * The first whole number of more than 64 bits, or @end. Some versions of json-c
 * take it for the largest one that there is; others refuse it as no JSON.
 */
static const char *find_too_large(const char *at, const char *end)
{
	bool in_string = false;

	while (at < end) {
		const char c = *at;

		if (!in_string && (c == '-' || (c >= '0' && c <= '9'))) {
			const size_t length = span(at, end, "0123456789+-.Ee");

			if (span(at, at + length, "0123456789") == length &&
			    is_too_large(at, length))
				return at;
			at += length;
			continue;
		}
		if (c == '"')
			in_string = !in_string;
		else if (c == '\\' && in_string)
			at++;
		at++;
	}
	return end;
}

/* What the parser would pass over in silence. */
static int check_text(const char *text, size_t length,
		      struct dflres_regmap_fault *fault)
{
	const char *const end = text + length;
	const char *at = memchr(text, '\0', length);

	if (at)
		return dflres_regmap_fail(fault,
					  line_at(text, (size_t)(at - text)),
					  "this is not JSON: there is a NUL byte");
	at = find_too_large(text, end);
	if (at < end)
		return dflres_regmap_fail(fault,
					  line_at(text, (size_t)(at - text)),
					  "a number has more than 64 bits");
	return 0;
}

static int parse_json(json_object **top, const char *text, size_t length,
		      struct dflres_regmap_fault *fault)
{
	struct json_tokener *tokener = json_tokener_new();
	enum json_tokener_error result;
	int error = 0;

	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT |
			       JSON_TOKENER_VALIDATE_UTF8);
	*top = json_tokener_parse_ex(tokener, text, (int)length);
	result = json_tokener_get_error(tokener);
	if (result == json_tokener_continue)
		error = dflres_regmap_fail(fault, line_at(text, length),
					   "this is not JSON: it ends too early");
	else if (result != json_tokener_success)
		error = dflres_regmap_fail(fault,
					   line_at(text, json_tokener_get_parse_end(tokener)),
					   "this is not JSON: %s",
					   json_tokener_error_desc(result));
	else if (!json_object_is_type(*top, json_type_object))
		error = dflres_regmap_fail(fault, 1, "this is not a JSON object");
	json_tokener_free(tokener);
	return error;
}

int dflres_regmap_parse(struct dflres_regmap *map, const char *text,
			size_t length, struct dflres_regmap_fault *fault)
{
	const struct base nowhere = { .name = "" };
	const struct reader reader = { map, fault };
	struct scan scan = { text, text + length, 1 };
	json_object *top = NULL;
	int error;

	error = check_text(text, length, fault);
	if (!error)
		error = parse_json(&top, text, length, fault);
	/* of two members with one name the tree keeps one: the text has more objects */
	if (!error && (!number_objects(top, &scan) || next_object(&scan)))
		error = dflres_regmap_fail(fault, scan.line,
					   "an object has two members of one name");
	if (!error)
		error = read_object(&reader, top, &nowhere, true);
	json_object_put(top);
	return error;
}
