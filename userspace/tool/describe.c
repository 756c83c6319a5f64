// SPDX-License-Identifier: GPL-2.0
/* A feature as a JSON object. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "tool.h"

/*
 * A value function makes the value, or returns a negative errno; -ENOENT leaves
 * the member without one.
 */
static int value_type(const struct dflres_feature *feature, json_object **value)
{
	unsigned int type;
	char name[16];
	int error;

	error = dflres_feature_type(feature, &type);
	if (error)
		return error;
	type_name(type, name);
	*value = json_object_new_string(name);
	return 0;
}

static int value_id(const struct dflres_feature *feature, json_object **value)
{
	unsigned int id;
	int error;

	error = dflres_feature_id(feature, &id);
	if (!error)
		*value = json_hex(id, 1);
	return error;
}

static int value_revision(const struct dflres_feature *feature,
			  json_object **value)
{
	unsigned int revision;
	int error;

	error = dflres_feature_revision(feature, &revision);
	if (!error)
		*value = json_hex(revision, 1);
	return error;
}

static int value_mappable(const struct dflres_feature *feature,
			  json_object **value)
{
	bool mappable;
	int error;

	error = dflres_feature_mappable(feature, &mappable);
	if (!error)
		*value = json_object_new_boolean(mappable);
	return error;
}

static int value_irqs(const struct dflres_feature *feature,
		      json_object **value)
{
	unsigned int num_irqs;
	int error;

	error = dflres_feature_num_irqs(feature, &num_irqs);
	if (!error)
		*value = json_object_new_int64(num_irqs);
	return error;
}

static int value_dma(const struct dflres_feature *feature, json_object **value)
{
	enum dflres_dma dma;
	int error;

	error = dflres_feature_dma(feature, &dma);
	if (!error)
		*value = json_object_new_string(dflres_dma_name(dma));
	return error;
}

static const struct {
	const char *key;
	int (*value)(const struct dflres_feature *feature, json_object **value);
} members[] = {
	{ "type", value_type },
	{ "id", value_id },
	{ "revision", value_revision },
	{ "mappable", value_mappable },
	{ "irqs", value_irqs },
	{ "dma", value_dma },
};

/* Add what @error and @value say of a member; -ENODEV. */
static int add_member(json_object *object, const char *key, json_object *value,
		      int error, const struct dflres_feature *feature,
		      bool *incomplete)
{
	if (!error || error == -ENOENT) {
		json_add(object, key, error ? NULL : value);
		return 0;
	}
	if (error == -ENODEV)
		return error;
	complain("%s: cannot read %s: %s.", dflres_feature_name(feature), key,
		 strerror(-error));
	*incomplete = true;
	return 0;
}

/* The address and the length, of one reading. */
static int add_resource(json_object *object,
			const struct dflres_feature *feature, bool *incomplete)
{
	json_object *start = NULL, *size = NULL;
	struct dflres_resource resource;
	int error;

	error = dflres_feature_resource(feature, &resource);
	if (error && error != -ENOENT)
		return add_member(object, "resource", NULL, error, feature,
				  incomplete);
	if (!error) {
		start = json_hex(resource.start, 16);
		size = json_object_new_uint64(resource.end -
					      resource.start + 1);
	}
	json_add(object, "start", start);
	json_add(object, "size", size);
	return 0;
}

static json_object *string_or_null(const char *text)
{
	return *text ? json_object_new_string(text) : NULL;
}

void describe_who(json_object *object, const struct who *who)
{
	json_add(object, "owner",
		 json_object_new_string(dflres_owner_name(who->owner)));
	json_add(object, "driver", string_or_null(who->driver));
	json_add(object, "pid",
		 who->pid ? json_object_new_int(who->pid) : NULL);
	json_add(object, "command", string_or_null(who->command));
	json_add(object, "user", string_or_null(who->user));
}

int describe(const struct dflres_feature *feature, json_object **object,
	     bool *incomplete)
{
	json_object *new = json_object_new_object();
	struct who who;
	int error = 0, who_error;

	json_add(new, "feature",
		 json_object_new_string(dflres_feature_name(feature)));
	json_add(new, "card", string_or_null(dflres_feature_card(feature)));
	for (size_t i = 0; i < ARRAY_SIZE(members) && !error; i++) {
		json_object *value = NULL;

		error = members[i].value(feature, &value);
		error = add_member(new, members[i].key, value, error, feature,
				   incomplete);
	}
	if (!error)
		error = add_resource(new, feature, incomplete);
	/* asked once, so that the owner and who it is are of one moment */
	who_error = find_who(feature, &who);
	if (!error) {
		describe_who(new, &who);
		if (who_error) {
			json_object_object_del(new, "owner");
			error = add_member(new, "owner", NULL, who_error,
					   feature, incomplete);
		}
	}
	if (error) {
		json_object_put(new);
		return error;
	}
	*object = new;
	return 0;
}
