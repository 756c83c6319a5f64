// SPDX-License-Identifier: GPL-2.0
/* The register that the user means, or some bits of it: by offset or by name. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "tool.h"

/* ---- names ---- */

/* No file names the registers; @name is what the user typed for an offset. */
static enum exit_status refuse_names(const struct session *session,
				     const char *name)
{
	if (name)
		complain("the offset '%s' is not a number, and no file names the registers of this feature: give one with --registers, or see \"Registers by name\" in dflres(1).",
			 name);
	else
		complain("no file names the registers of %s; give one with --registers, or see \"Registers by name\" in dflres(1).",
			 dflres_feature_name(session->feature));
	return name ? STATUS_USAGE : STATUS_NOT_FOUND;
}

enum exit_status get_map(struct session *session, const char *name)
{
	char path[PATH_MAX];
	int error;

	if (session->map)
		return STATUS_OK;
	error = dflres_regmap_path(session->feature, path, sizeof(path));
	if (error == -ENOENT)
		return refuse_names(session, name);
	if (error)
		return explain(DFLRES_OPERATION_OPEN, session->feature, error);
	return open_map(session, path);
}

static enum exit_status find_name(struct session *session, const char *name,
				  const struct dflres_register **found)
{
	enum exit_status status = get_map(session, name);

	if (status)
		return status;
	*found = dflres_regmap_find(session->map, name);
	if (*found)
		return STATUS_OK;
	complain("no register of %s has the name '%s'; dflres registers%s%s %s lists them.",
		 dflres_feature_name(session->feature), name,
		 session->names ? " --registers " : "",
		 session->names ? session->names : "",
		 dflres_feature_name(session->feature));
	return STATUS_NOT_FOUND;
}

/* ---- one register, or some bits of it ---- */

uint64_t target_value(const struct target *target, uint64_t value)
{
	return target->is_field ? dflres_field_get(target->mask, value) : value;
}

int target_digits(const struct target *target)
{
	const uint64_t bits = target->is_field ? target->mask : target->all;

	return (__builtin_popcountll(bits) + 3) / 4;
}

static enum exit_status set_named(struct session *session, const char *name,
				  struct target *target)
{
	const struct dflres_register *reg = NULL;
	enum exit_status status = find_name(session, name, &reg);

	if (status)
		return status;
	if (reg->is_field && session->options->given & TAKES_MASK) {
		complain("%s is a field and has its own bits; leave --mask out.",
			 name);
		return STATUS_USAGE;
	}
	session->name = reg->name;
	if (!session->options->width)
		session->width = reg->width;
	target->offset = reg->offset;
	target->is_field = reg->is_field;
	if (reg->is_field)
		target->mask = reg->mask;
	return STATUS_OK;
}

enum exit_status get_target(struct session *session, const char *text,
			    struct target *target)
{
	const struct options *options = session->options;
	enum exit_status status;

	memset(target, 0, sizeof(*target));
	session->name = NULL;
	session->width = options->width ? options->width : DEFAULT_WIDTH;
	status = is_name(text) ? set_named(session, text, target) :
		 get_number("offset", text, UINT64_MAX, &target->offset);
	if (status)
		return status;
	target->all = UINT64_MAX >> (64 - session->width);
	if (options->given & TAKES_MASK)
		target->mask = options->mask;
	else if (!target->is_field)
		target->mask = target->all;
	if (target->mask & ~target->all) {
		complain("the mask 0x%" PRIx64 " is wider than the register, which has %u bits.",
			 target->mask, session->width);
		return STATUS_USAGE;
	}
	return check_range(session, target->offset, session->width / 8);
}

enum exit_status get_bits(const struct target *target, const char *text,
			  uint64_t *bits)
{
	enum exit_status status;
	uint64_t field;

	if (target->is_field) {
		status = get_number("value", text,
				    dflres_field_get(target->mask, UINT64_MAX),
				    &field);
		if (!status)
			*bits = dflres_field_prep(target->mask, field);
		return status;
	}
	status = get_number("value", text, target->all, bits);
	if (!status && *bits & ~target->mask) {
		complain("the value 0x%" PRIx64 " has bits outside of the mask 0x%" PRIx64 ".",
			 *bits, target->mask);
		return STATUS_USAGE;
	}
	return status;
}
