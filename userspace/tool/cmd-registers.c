// SPDX-License-Identifier: GPL-2.0
/* dflres registers and dflres dump --names: the registers that have names, and their fields. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tool.h"

/* "7:0", or "3" */
static json_object *bits_of(const struct dflres_register *reg)
{
	const int lsb = __builtin_ctzll(reg->mask);
	const int msb = 63 - __builtin_clzll(reg->mask);
	char text[16];

	if (lsb == msb)
		snprintf(text, sizeof(text), "%d", lsb);
	else
		snprintf(text, sizeof(text), "%d:%d", msb, lsb);
	return json_object_new_string(text);
}

static json_object *value_of(const struct dflres_register *reg, uint64_t value)
{
	return json_hex(value, (__builtin_popcountll(reg->mask) + 3) / 4);
}

/* Unless the file says that nobody can read it. */
static bool is_readable(const struct dflres_register *reg)
{
	return !*reg->access || strchr(reg->access, 'r');
}

/* A register is readable if one of its fields is, or if it has no field. */
static bool has_readable(const struct dflres_regmap *map, size_t reg)
{
	size_t field = reg + 1;

	while (field < dflres_regmap_count(map) &&
	       dflres_regmap_entry(map, field)->is_field) {
		if (is_readable(dflres_regmap_entry(map, field++)))
			return true;
	}
	return field == reg + 1;
}

static json_object *add_entry(json_object *registers,
			      const struct dflres_register *reg)
{
	json_object *object = json_object_new_object();

	json_add(object, "register", json_object_new_string(reg->name));
	json_add(object, "offset", json_hex(reg->offset, 1));
	json_add(object, "width", json_object_new_int((int)reg->width));
	json_add(object, "bits", bits_of(reg));
	json_add(object, "reset", reg->has_reset ?
		 value_of(reg, reg->reset) : NULL);
	json_add(object, "access", *reg->access ?
		 json_object_new_string(reg->access) : NULL);
	json_object_array_add(registers, object);
	return object;
}

/* Whether all of @reg lies in the range of the dump. */
static bool is_wanted(const struct session *session,
		      const struct dflres_register *reg)
{
	const struct options *options = session->options;
	const uint64_t end = options->given & TAKES_LENGTH &&
			     options->length < UINT64_MAX - options->offset ?
			     options->offset + options->length : UINT64_MAX;

	return reg->offset >= options->offset && reg->offset < end &&
	       end - reg->offset >= reg->width / 8;
}

static enum exit_status read_names(struct session *session,
				   json_object *registers)
{
	const struct dflres_regmap *map = session->map;
	uint64_t value = 0;
	bool was_read = false;
	int error;

	for (size_t i = 0; i < dflres_regmap_count(map); i++) {
		const struct dflres_register *reg = dflres_regmap_entry(map, i);

		if (!is_wanted(session, reg))
			continue;
		if (!reg->is_field) {
			session->width = reg->width;
			if (check_range(session, reg->offset, reg->width / 8))
				return STATUS_FILE;
			was_read = has_readable(map, i);
			error = was_read ?
				dflres_regs_try_read(session->regs, reg->offset,
						     reg->width, &value) : 0;
			if (error)
				return explain(DFLRES_OPERATION_ACCESS,
					       session->feature, error);
		}
		json_add(add_entry(registers, reg), "value",
			 was_read && is_readable(reg) ?
			 value_of(reg, dflres_field_get(reg->mask, value)) : NULL);
	}
	return STATUS_OK;
}

static void print_names(const struct session *session, json_object *registers,
			const struct field *fields, size_t count)
{
	json_object *object;

	if (!(session->options->given & TAKES_JSON)) {
		print_table(registers, fields, count);
		return;
	}
	object = json_object_new_object();
	json_add(object, "feature", json_object_new_string(
			dflres_feature_name(session->feature)));
	json_add(object, "registers", json_object_get(registers));
	print_json(object);
	json_object_put(object);
}

enum exit_status dump_names(struct session *session)
{
	static const struct field fields[] = {
		{ "OFFSET", "offset", FORMAT_PLAIN },
		{ "REGISTER", "register", FORMAT_PLAIN },
		{ "BITS", "bits", FORMAT_PLAIN },
		{ "VALUE", "value", FORMAT_PLAIN },
		{ "RESET", "reset", FORMAT_PLAIN },
	};
	json_object *registers;
	enum exit_status status;

	if (session->options->given & (TAKES_BIN | TAKES_WIDTH | TAKES_CANONICAL)) {
		complain("registers by name exclude --bin, --canonical and --width; see dflres dump --help.");
		return STATUS_USAGE;
	}
	status = get_map(session, NULL);
	if (status)
		return status;
	registers = json_object_new_array();
	status = read_names(session, registers);
	if (!status)
		print_names(session, registers, fields, ARRAY_SIZE(fields));
	json_object_put(registers);
	return status;
}

/* ---- without an access ---- */

static enum exit_status list_names(const struct dflres_feature *feature,
				   const struct options *options)
{
	static const struct field fields[] = {
		{ "OFFSET", "offset", FORMAT_PLAIN },
		{ "REGISTER", "register", FORMAT_PLAIN },
		{ "BITS", "bits", FORMAT_PLAIN },
		{ "RESET", "reset", FORMAT_PLAIN },
		{ "ACCESS", "access", FORMAT_PLAIN },
	};
	struct session session = { .options = options, .feature = feature };
	json_object *registers;
	enum exit_status status;

	status = options->registers ? open_map(&session, options->registers) :
				      get_map(&session, NULL);
	if (status)
		return status;
	registers = json_object_new_array();
	for (size_t i = 0; i < dflres_regmap_count(session.map); i++)
		add_entry(registers, dflres_regmap_entry(session.map, i));
	print_names(&session, registers, fields, ARRAY_SIZE(fields));
	json_object_put(registers);
	dflres_regmap_close(session.map);
	return STATUS_OK;
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	(void)count;
	return with_feature(operands[0], list_names, options);
}

const struct command command_registers = {
	.name = "registers",
	.operands = "FEATURE",
	.min_operands = 1,
	.max_operands = 1,
	.takes = TAKES_JSON | TAKES_REGISTERS,
	.summary = "list the registers that have names, and their fields",
	.help = "The command claims nothing and reads no register; dump --names shows the values.\nread, write, update, wait and shell accept a name in place of an OFFSET.",
	.run = run,
};
