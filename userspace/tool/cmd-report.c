// SPDX-License-Identifier: GPL-2.0
/* dflres report: facts for someone who looks for a bug. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"
#include "report.h"

static const struct field feature_columns[] = {
	FEATURE_COLUMNS,
	{ "CLAIMABLE", "claimable", FORMAT_PLAIN },
	{ "MAPPABLE", "mappable", FORMAT_YESNO },
	{ "IRQS", "irqs", FORMAT_PLAIN },
	{ "DMA", "dma", FORMAT_PLAIN },
	{ "OWNER", "owner", FORMAT_PLAIN },
	{ "DRIVER", "driver", FORMAT_PLAIN },
	{ "LEASE", "lease", FORMAT_YESNO },
	{ "GUID", "guid", FORMAT_PLAIN },
};

static const struct field kept_columns[] = {
	{ "SELECTOR", "selector", FORMAT_PLAIN },
	{ "FOR", "for", FORMAT_PLAIN },
	{ "FROM", "from", FORMAT_PLAIN },
	{ "CLAIM", "claim", FORMAT_YESNO },
	{ "PLACE", "place", FORMAT_PLAIN },
};

/* ---- versions ---- */

/* The file of a loaded library, without its directories. */
struct library {
	const char *name;	/* such as "/libsysfs.so" */
	char file[REPORT_TEXT_MAX];
};

static int find_library(struct dl_phdr_info *info, size_t size, void *context)
{
	struct library *library = context;
	char path[PATH_MAX];
	const char *base;

	(void)size;
	if (!info->dlpi_name || !strstr(info->dlpi_name, library->name))
		return 0;
	/* the names of links to it have less of the version */
	base = strrchr(realpath(info->dlpi_name, path) ? path : info->dlpi_name,
		       '/');
	snprintf(library->file, sizeof(library->file), "%s", base + 1);
	return 1;
}

static void print_library(const char *name, const char *version)
{
	struct library library = { .file = "in the program" };
	char file[32];

	snprintf(file, sizeof(file), "/%s.so", name);
	library.name = file;
	dl_iterate_phdr(find_library, &library);
	report_line(name, "%s%s%s", version, *version ? ", " : "",
		    library.file);
}

static void print_system(void)
{
	char *line = NULL;
	size_t room = 0;
	FILE *file;
	int fd;

	fd = report_open("/etc/os-release");
	file = fd < 0 ? NULL : fdopen(fd, "r");
	while (file && getline(&line, &room, file) > 0) {
		report_cut(line);
		if (!strncmp(line, "PRETTY_NAME=", 12))
			report_line("system", "%s", line + 12);
	}
	free(line);
	if (file)
		fclose(file);
}

static void print_versions(const struct utsname *kernel)
{
	report_title("Versions");
	report_line("tool", "%s", PACKAGE_VERSION);
	report_value("module", "/sys/module/dflres/version");
	print_library("libdflres", dflres_version());
	print_library("libjson-c", json_c_version());
	print_library("libsysfs", "");
#ifdef HAVE_LIBEDIT
	print_library("libedit", "");
#endif
	/* not the name of the host, nor who built the kernel */
	report_line("kernel", "%s %s", kernel->release, kernel->machine);
	report_line("build", "%s", kernel->version);
	print_system();
}

/* ---- features ---- */

static void add_feature(json_object *features, const struct dflres_list *list,
			size_t index)
{
	struct dflres_feature *feature;
	bool incomplete = false;
	json_object *object;

	if (dflres_list_open(&feature, list, index))
		return;
	if (!describe(feature, &object, &incomplete)) {
		if (describe_details(object, feature, &incomplete))
			json_object_put(object);
		else
			json_object_array_add(features, object);
	}
	dflres_feature_close(feature);
}

/* Found before the cards are printed, which need them, and printed after. */
static int find_features(json_object *features)
{
	struct dflres_list *list;
	int error;

	error = dflres_list_new(&list);
	if (error)
		return error;
	for (size_t i = 0; i < dflres_list_count(list); i++)
		add_feature(features, list, i);
	dflres_list_free(list);
	return 0;
}

static void print_features(json_object *features, int error)
{
	report_title("Features");
	if (error == -ENOENT)
		puts("there is no DFL bus");
	else if (error)
		printf("cannot be listed: %s\n", strerror(-error));
	else
		print_table(features, feature_columns,
			    ARRAY_SIZE(feature_columns));
}

/* ---- settings ---- */

static void print_given(const char *name, void *context)
{
	printf("/run/dfl/%s/%s\n", (const char *)context, name);
}

static void print_kind(const char *kind, void *context)
{
	char name[NAME_MAX + 1];

	(void)context;
	snprintf(name, sizeof(name), "%s", kind);
	report_each(print_given, name, "/run/dfl/%s", name);
}

static json_object *string_or_null(const char *text)
{
	return *text ? json_object_new_string(text) : NULL;
}

static json_object *describe_kept(const struct keep *keep)
{
	const char *whom = *keep->user ? "user" : *keep->group ? "group" : "";
	json_object *row = json_object_new_object();

	json_add(row, "selector", json_object_new_string(keep->feature));
	/* without the name */
	json_add(row, "for", string_or_null(whom));
	json_add(row, "from", string_or_null(keep->driver));
	json_add(row, "claim", json_object_new_boolean(*keep->claim));
	json_add(row, "place", string_or_null(keep->place));
	return row;
}

/* The correct files, and the errors in the others. */
static enum exit_status print_kept(void)
{
	json_object *rows;
	struct keeps keeps;

	report_title("Kept features");
	if (report_begin_complaints())
		return explain_memory();
	keep_load(&keeps);
	report_end_complaints();
	rows = json_object_new_array();
	for (size_t i = 0; i < keeps.count; i++)
		json_object_array_add(rows, describe_kept(&keeps.list[i]));
	print_table(rows, kept_columns, ARRAY_SIZE(kept_columns));
	json_object_put(rows);
	keep_free(&keeps);
	return STATUS_OK;
}

/* ---- the command ---- */

static enum exit_status print_report(json_object *features)
{
	struct utsname kernel;
	int error;

	uname(&kernel);
	if (report_begin_complaints())
		return explain_memory();
	error = find_features(features);
	puts("dflres report: it read no register, and leaves out names of users and of this machine.");
	print_versions(&kernel);
	report_modules(&kernel);
	report_machine();
	report_cards(features);
	print_features(features, error);
	report_end_complaints();
	report_title("Names below /run/dfl");
	if (report_each(print_kind, NULL, "/run/dfl") <= 0)
		puts("none");
	return print_kept();
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	json_object *features = json_object_new_array();
	enum exit_status status;

	(void)options;
	(void)count;
	(void)operands;
	status = print_report(features);
	if (!status)
		report_log();
	json_object_put(features);
	return status;
}

const struct command command_report = {
	.name = "report",
	.operands = "",
	.summary = "print a text to attach to a bug report",
	.help = "It shows the versions of all parts, where the DFL bus comes from, the cards, the\nfeatures and who owns them, what the kernel lets users do, and what its log says of\nthe DFL bus. It reads no register and changes nothing, and works without the module,\na card or root; only root may be able to read the log.\nIt leaves out names of users and of the machine, and paths of other files.\nRead it before you send it.",
	.run = run,
};
