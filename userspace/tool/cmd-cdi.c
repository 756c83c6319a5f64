// SPDX-License-Identifier: GPL-2.0
/*
 * dflres cdi: the features as a specification for container engines, of the
 * Container Device Interface. A container gets a feature by a mount of its files.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "tool.h"

/* The first version that each engine with CDI knows. */
#define CDI_VERSION "0.5.0"
#define KIND "dflres.org/feature"

#define NAME_SIZE 64

/* sysfs is mounted with these, and a user namespace may not remove them. */
static const char *const mount_options[] = {
	"bind", "rw", "nosuid", "nodev", "noexec",
};

static json_object *new_mount(const char *host, const char *container)
{
	json_object *mount = json_object_new_object();
	json_object *options = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(mount_options); i++)
		json_object_array_add(options,
				      json_object_new_string(mount_options[i]));
	json_add(mount, "hostPath", json_object_new_string(host));
	json_add(mount, "containerPath", json_object_new_string(container));
	json_add(mount, "options", options);
	return mount;
}

static void add_device(json_object *devices, const char *name,
		       const char *host, const char *container)
{
	json_object *device = json_object_new_object();
	json_object *edits = json_object_new_object();
	json_object *mounts = json_object_new_array();

	json_object_array_add(mounts, new_mount(host, container));
	json_add(edits, "mounts", mounts);
	json_add(device, "name", json_object_new_string(name));
	json_add(device, "containerEdits", edits);
	json_object_array_add(devices, device);
}

/* CARD-TYPE-ID-INSTANCE: @counts counts the features of each kind. */
static int name_by_kind(const struct dflres_feature *feature,
			json_object *counts, char name[NAME_SIZE])
{
	const char *card = dflres_feature_card(feature);
	unsigned int type, id;
	json_object *count;
	char word[16];
	int length, error, instance = 0;

	error = dflres_feature_type(feature, &type);
	if (!error)
		error = dflres_feature_id(feature, &id);
	if (error)
		return error;
	dflres_type_name(type, word, sizeof(word));
	length = snprintf(name, NAME_SIZE, "%s%s%s-0x%x", card,
			  *card ? "-" : "", word, id);
	if (json_object_object_get_ex(counts, name, &count))
		instance = json_object_get_int(count);
	json_add(counts, name, json_object_new_int(instance + 1));
	snprintf(name + length, NAME_SIZE - (size_t)length, "-%d", instance);
	return 0;
}

/*
 * Whether to offer it: udev has put it below /run/dfl, so the administrator does
 * not exclude it, and a claim is possible at all.
 */
static bool is_offered(const struct dflres_feature *feature, const char *files)
{
	const char *path = dflres_feature_path(feature);
	enum dflres_claimable claimable;

	return strncmp(files, path, strlen(path)) != 0 &&
	       (dflres_feature_claimable(feature, &claimable) ||
		claimable == DFLRES_CLAIMABLE_YES);
}

static int add_feature(json_object *devices, json_object *counts,
		       const struct dflres_feature *feature)
{
	char files[PATH_MAX], host[PATH_MAX], name[NAME_SIZE];
	int error;

	error = name_by_kind(feature, counts, name);
	if (!error)
		error = dflres_feature_files(feature, files, sizeof(files));
	if (error || !is_offered(feature, files))
		return error;
	/* the same directory by its own path: a mount must not go through a link */
	if (snprintf(host, sizeof(host), "%s/dflres",
		     dflres_feature_path(feature)) >= (int)sizeof(host))
		return -ENAMETOOLONG;
	add_device(devices, dflres_feature_name(feature), host, files);
	add_device(devices, name, host, files);
	return 0;
}

static int add_all(json_object *devices, const struct dflres_list *list)
{
	json_object *counts = json_object_new_object();
	int error = 0;

	for (size_t i = 0; i < dflres_list_count(list) && !error; i++) {
		struct dflres_feature *feature;

		error = dflres_list_open(&feature, list, i);
		if (!error) {
			error = add_feature(devices, counts, feature);
			dflres_feature_close(feature);
		}
		/* gone meanwhile, or the module does not manage it */
		if (error == -ENODEV || error == -ENOENT)
			error = 0;
	}
	json_object_put(counts);
	return error;
}

/* Stores NULL if there is no feature to offer. */
static int make_specification(json_object **specification)
{
	/* in the order of instances */
	const struct dflres_filter all = DFLRES_FILTER_INIT;
	json_object *new, *devices;
	struct dflres_list *list;
	int error;

	*specification = NULL;
	error = dflres_list_find(&list, &all);
	/* no bus, no feature */
	if (error)
		return error == -ENOENT ? 0 : error;
	devices = json_object_new_array();
	error = add_all(devices, list);
	dflres_list_free(list);
	if (error || !json_object_array_length(devices)) {
		json_object_put(devices);
		return error;
	}
	new = json_object_new_object();
	json_add(new, "cdiVersion", json_object_new_string(CDI_VERSION));
	json_add(new, "kind", json_object_new_string(KIND));
	json_add(new, "devices", devices);
	*specification = new;
	return 0;
}

static enum exit_status write_file(const char *directory)
{
	int error = cdi_write(directory, make_specification);

	if (!error)
		return STATUS_OK;
	complain("cannot write %s/dflres.json: %s.", directory,
		 strerror(-error));
	return error == -EACCES || error == -EPERM || error == -EROFS ?
	       STATUS_REFUSED : STATUS_FAILURE;
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	json_object *specification;
	int error;

	(void)options;
	if (count)
		return write_file(operands[0]);
	error = make_specification(&specification);
	if (error)
		return explain_list(error);
	if (!specification) {
		complain("there is no feature to hand out: udev puts features below /run/dfl when the dflres module is loaded; see dflres list.");
		return STATUS_NOT_FOUND;
	}
	print_json(specification);
	json_object_put(specification);
	return STATUS_OK;
}

const struct command command_cdi = {
	.name = "cdi",
	.operands = "[DIRECTORY]",
	.max_operands = 1,
	.summary = "describe the features for container engines",
	.help = "Print a specification of the Container Device Interface. With it an engine gives\nfeatures to a container:\n\n  podman run --device dflres.org/feature=dfl_dev.3 ...\n\nWith DIRECTORY, such as /run/cdi, replace the file dflres.json there, or remove it\nif there is no feature. udev does this whenever a feature comes or goes.",
	.run = run,
};
