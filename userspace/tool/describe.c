// SPDX-License-Identifier: GPL-2.0
/* A feature as a JSON object. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "tool.h"

/* Changes when a member gets another meaning, not with new members. */
#define JSON_VERSION 1

/*
 * A value function makes the value, or returns a negative errno; -ENOENT leaves
 * the member without one.
 */
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
	char word[32];
	int error;

	error = dflres_feature_dma(feature, &dma);
	if (error)
		return error;
	strcpy(word, dflres_dma_name(dma));
	/* a word of a newer module */
	if (dma == DFLRES_DMA_UNKNOWN)
		error = dflres_feature_attribute(feature, "dma", word,
						 sizeof(word));
	if (!error)
		*value = json_object_new_string(word);
	return error;
}

static const struct {
	const char *key;
	int (*value)(const struct dflres_feature *feature, json_object **value);
} members[] = {
	{ "revision", value_revision },
	{ "mappable", value_mappable },
	{ "irqs", value_irqs },
	{ "dma", value_dma },
};

/* Add a member, by @error and @value. Return: 0 or -ENODEV. */
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

/* The type, the id, and the word for the id of that type. */
static int add_identity(json_object *object,
			const struct dflres_feature *feature, bool *incomplete)
{
	const char *word = NULL;
	unsigned int type, id;
	int type_error, error;
	char name[16] = "";

	type_error = dflres_feature_type(feature, &type);
	if (!type_error)
		dflres_type_name(type, name, sizeof(name));
	error = add_member(object, "type", type_error ? NULL :
			   json_object_new_string(name), type_error, feature,
			   incomplete);
	if (error)
		return error;
	error = dflres_feature_id(feature, &id);
	if (!error && !type_error)
		word = dflres_id_name(type, id);
	error = add_member(object, "id", error ? NULL : json_hex(id, 1), error,
			   feature, incomplete);
	json_add(object, "id_name", word ? json_object_new_string(word) : NULL);
	return error;
}

/* The address and the length, from one read. */
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

void describe_holder(json_object *object, const struct dflres_holder *holder)
{
	json_add(object, "owner", json_object_new_string(holder->word));
	json_add(object, "driver", string_or_null(holder->driver));
	json_add(object, "pid",
		 holder->pid ? json_object_new_int(holder->pid) : NULL);
	json_add(object, "command", string_or_null(holder->command));
	json_add(object, "user", string_or_null(holder->user));
}

void describe_owner(json_object *object, const struct dflres_feature *feature,
		    enum dflres_owner owner)
{
	struct dflres_holder holder;

	if (dflres_feature_holder(feature, &holder) || holder.owner != owner) {
		memset(&holder, 0, sizeof(holder));
		strcpy(holder.word, dflres_owner_name(owner));
	}
	describe_holder(object, &holder);
}

json_object *new_document(const char *key, json_object *list, bool complete)
{
	json_object *document = json_object_new_object();

	json_add(document, "version", json_object_new_int(JSON_VERSION));
	json_add(document, "complete", json_object_new_boolean(complete));
	json_add(document, key, list);
	return document;
}

int describe(const struct dflres_feature *feature, json_object **object,
	     bool *incomplete)
{
	json_object *new = json_object_new_object();
	struct dflres_holder holder;
	int error, holder_error;

	json_add(new, "feature",
		 json_object_new_string(dflres_feature_name(feature)));
	json_add(new, "card", string_or_null(dflres_feature_card(feature)));
	error = add_identity(new, feature, incomplete);
	for (size_t i = 0; i < ARRAY_SIZE(members) && !error; i++) {
		json_object *value = NULL;

		error = members[i].value(feature, &value);
		error = add_member(new, members[i].key, value, error, feature,
				   incomplete);
	}
	if (!error)
		error = add_resource(new, feature, incomplete);
	/* one call, so that all members describe the same moment */
	holder_error = dflres_feature_holder(feature, &holder);
	if (!error) {
		describe_holder(new, &holder);
		if (holder_error) {
			json_object_object_del(new, "owner");
			error = add_member(new, "owner", NULL, holder_error,
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

/* Modules before 0.2 do not say whether a claim is possible. */
static int add_claimable(json_object *object,
			 const struct dflres_feature *feature, bool *incomplete)
{
	enum dflres_claimable claimable;
	char word[32] = "";
	int error;

	error = dflres_feature_claimable(feature, &claimable);
	if (!error && claimable != DFLRES_CLAIMABLE_UNKNOWN)
		strcpy(word, dflres_claimable_name(claimable));
	else if (!error)
		error = dflres_feature_attribute(feature, "claimable", word,
						 sizeof(word));
	return add_member(object, "claimable",
			  error ? NULL : json_object_new_string(word), error,
			  feature, incomplete);
}

/* Only for a claim: whether it ends with a process, or stays. */
static int add_lease(json_object *object, const struct dflres_feature *feature,
		     bool *incomplete)
{
	json_object *owner;
	bool leased = false;
	int error = -ENOENT;

	json_object_object_get_ex(object, "owner", &owner);
	if (owner && !strcmp(json_object_get_string(owner), "user"))
		error = dflres_feature_leased(feature, &leased);
	return add_member(object, "lease",
			  error ? NULL : json_object_new_boolean(leased), error,
			  feature, incomplete);
}

static int add_guid(json_object *object, const struct dflres_feature *feature,
		    bool *incomplete)
{
	char guid[DFLRES_GUID_SIZE];
	int error;

	error = dflres_feature_guid(feature, guid);
	return add_member(object, "guid",
			  error ? NULL : json_object_new_string(guid), error,
			  feature, incomplete);
}

int describe_details(json_object *object, const struct dflres_feature *feature,
		     bool *incomplete)
{
	int error;

	error = add_claimable(object, feature, incomplete);
	if (!error)
		error = add_lease(object, feature, incomplete);
	if (!error)
		error = add_guid(object, feature, incomplete);
	return error;
}

void describe_selector(json_object *object,
		       const struct dflres_feature *feature, bool *incomplete)
{
	char selector[64];
	int error;

	error = dflres_feature_selector(feature, selector, sizeof(selector));
	/* one that is there, but not on this bus: it was opened by a path */
	if (error == -ENODEV)
		error = -ENXIO;
	add_member(object, "selector",
		   error ? NULL : json_object_new_string(selector), error,
		   feature, incomplete);
}
