// SPDX-License-Identifier: GPL-2.0
/* The modules of the kernel that matter to dflres, and where they come from. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

/* The names of their files, where '-' and '_' mean the same. */
static const char *const modules[] = {
	"dflres", "dfl", "dfl_pci", "dfl_fme", "dfl_afu", "uio_dfl", "vfio_pci",
};

static const char *const dkms_packages[] = { "dflres", "intel-fpga-dfl" };

static const char *const config_options[] = {
	"CONFIG_FPGA_DFL=", "CONFIG_FPGA_DFL_PCI=", "CONFIG_UIO_DFL=",
	"CONFIG_IO_STRICT_DEVMEM=", "CONFIG_MODULE_SIG_FORCE=",
	"CONFIG_SECURITY_LOCKDOWN_LSM=",
};

static const struct field columns[] = {
	{ "MODULE", "module", FORMAT_PLAIN },
	{ "LOADED", "loaded", FORMAT_PLAIN },
	{ "VERSION", "version", FORMAT_PLAIN },
	{ "SRCVERSION", "srcversion", FORMAT_PLAIN },
	{ "TAINT", "taint", FORMAT_PLAIN },
	{ "FROM", "from", FORMAT_PLAIN },
	{ "FILE", "file", FORMAT_PLAIN },
};

/* Whether @path is the file of module @name. */
static bool is_file_of(const char *path, const char *name)
{
	const char *base = strrchr(path, '/');

	for (base = base ? base + 1 : path; *name; base++, name++) {
		if (*base != *name && !(*base == '-' && *name == '_'))
			return false;
	}
	return !strncmp(base, ".ko", 3);
}

/* Look for the file of module @name in a list that depmod(8) has made. */
static bool find_file(char path[REPORT_TEXT_MAX], const char *name,
		      const char *release, const char *list)
{
	char *line = NULL;
	size_t room = 0;
	bool found = false;
	FILE *file;
	int fd;

	fd = report_open("/lib/modules/%s/%s", release, list);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file)
		return false;
	while (!found && getline(&line, &room, file) > 0) {
		report_cut(line);
		line[strcspn(line, ":")] = '\0';
		found = is_file_of(line, name);
		if (found)
			snprintf(path, REPORT_TEXT_MAX, "%s", line);
	}
	free(line);
	fclose(file);
	return found;
}

static json_object *attribute(const char *module, const char *file)
{
	char text[REPORT_TEXT_MAX];

	if (report_read(text, "/sys/module/%s/%s", module, file) || !*text)
		return NULL;
	return json_object_new_string(text);
}

/* Where a file comes from, by its place below /lib/modules. */
static const char *origin(const char *path)
{
	if (!strncmp(path, "kernel/", 7))
		return "kernel";
	return strstr(path, "/dkms/") ? "dkms" : "elsewhere";
}

static void add_file(json_object *row, const char *name, const char *release,
		     bool *builtin)
{
	char path[REPORT_TEXT_MAX];
	const char *from = NULL, *file = NULL;

	*builtin = find_file(path, name, release, "modules.builtin");
	if (*builtin) {
		from = "built-in";
	} else if (find_file(path, name, release, "modules.dep")) {
		from = origin(path);
		/* an absolute path can be in a home directory */
		file = *path == '/' ? strrchr(path, '/') + 1 : path;
	}
	json_add(row, "from", from ? json_object_new_string(from) : NULL);
	json_add(row, "file", file ? json_object_new_string(file) : NULL);
}

static json_object *describe_module(const char *name, const char *release)
{
	json_object *row = json_object_new_object();
	const char *loaded;
	bool builtin;

	json_add(row, "module", json_object_new_string(name));
	add_file(row, name, release, &builtin);
	if (report_exists("/sys/module/%s/initstate", name))
		loaded = "yes";
	else
		loaded = builtin || report_exists("/sys/module/%s", name) ?
			 "built-in" : "no";
	json_add(row, "loaded", json_object_new_string(loaded));
	json_add(row, "version", attribute(name, "version"));
	json_add(row, "srcversion", attribute(name, "srcversion"));
	json_add(row, "taint", attribute(name, "taint"));
	return row;
}

/* ---- packages of DKMS ---- */

struct package {
	const char *name;
	const char *release;
};

static void print_version(const char *version, void *context)
{
	const struct package *package = context;

	/* links to what is installed, and what it replaced */
	if (!strncmp(version, "kernel-", 7) ||
	    !strcmp(version, "original_module"))
		return;
	report_line("DKMS", "%s %s, %s for this kernel", package->name, version,
		    report_exists("/var/lib/dkms/%s/%s/%s", package->name,
				  version, package->release) ?
		    "built" : "not built");
}

/* ---- how the kernel was configured ---- */

static FILE *open_config(const char *release)
{
	int fd = report_open("/boot/config-%s", release);

	if (fd < 0)
		fd = report_open("/lib/modules/%s/config", release);
	return fd < 0 ? NULL : fdopen(fd, "r");
}

static void print_config(const char *release)
{
	FILE *file = open_config(release);
	char *line = NULL;
	size_t room = 0;

	if (!file) {
		report_line("configuration", "-");
		return;
	}
	printf("%-*s ", REPORT_WIDTH, "configuration");
	while (getline(&line, &room, file) > 0) {
		report_cut(line);
		for (size_t i = 0; i < ARRAY_SIZE(config_options); i++) {
			if (!strncmp(line, config_options[i],
				     strlen(config_options[i])))
				printf(" %s", line);
		}
	}
	putchar('\n');
	free(line);
	fclose(file);
}

void report_modules(const struct utsname *kernel)
{
	json_object *rows = json_object_new_array();

	report_title("Modules");
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		json_object_array_add(rows, describe_module(modules[i],
							    kernel->release));
	print_table(rows, columns, ARRAY_SIZE(columns));
	json_object_put(rows);
	for (size_t i = 0; i < ARRAY_SIZE(dkms_packages); i++) {
		struct package package = { dkms_packages[i], kernel->release };

		report_each(print_version, &package, "/var/lib/dkms/%s",
			    package.name);
	}
	print_config(kernel->release);
}
