// SPDX-License-Identifier: GPL-2.0
/* dflres(1): see and use the features of DFL cards. */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dflres.h"

enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILURE = 1,
	STATUS_USAGE = 2,
	STATUS_NOT_FOUND = 3,
};

__attribute__((format(printf, 1, 2)))
static void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("dflres: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

/* ---- dflres list ---- */

/* One line of the table while it is made. */
struct row {
	const struct dflres_feature *feature;
	/* read once, so that OWNER and BY speak of the same moment */
	enum dflres_owner owner;
	int owner_error;
};

/*
 * A cell function allocates the text of the cell, or returns a negative errno;
 * -ENOENT leaves the cell without a value.
 */
__attribute__((format(printf, 2, 3)))
static int cell_print(char **cell, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(cell, format, args);
	va_end(args);
	if (length >= 0)
		return 0;
	*cell = NULL;
	return -ENOMEM;
}

static int cell_feature(const struct row *row, char **cell)
{
	return cell_print(cell, "%s", dflres_feature_name(row->feature));
}

static int cell_card(const struct row *row, char **cell)
{
	const char *card = dflres_feature_card(row->feature);

	return *card ? cell_print(cell, "%s", card) : -ENOENT;
}

static int cell_type(const struct row *row, char **cell)
{
	unsigned int type;
	int error;

	error = dflres_feature_type(row->feature, &type);
	if (error)
		return error;
	switch (type) {
	case DFLRES_TYPE_FME:
		return cell_print(cell, "fme");
	case DFLRES_TYPE_PORT:
		return cell_print(cell, "port");
	default:
		return cell_print(cell, "0x%x", type);
	}
}

static int cell_id(const struct row *row, char **cell)
{
	unsigned int id;
	int error;

	error = dflres_feature_id(row->feature, &id);
	return error ? error : cell_print(cell, "0x%x", id);
}

static int cell_revision(const struct row *row, char **cell)
{
	unsigned int revision;
	int error;

	error = dflres_feature_revision(row->feature, &revision);
	return error ? error : cell_print(cell, "0x%x", revision);
}

static int cell_size(const struct row *row, char **cell)
{
	struct dflres_resource resource;
	int error;

	error = dflres_feature_resource(row->feature, &resource);
	if (error)
		return error;
	return cell_print(cell, "0x%llx", (unsigned long long)
			  (resource.end - resource.start + 1));
}

static int cell_owner(const struct row *row, char **cell)
{
	if (row->owner_error)
		return row->owner_error;
	return cell_print(cell, "%s", dflres_owner_name(row->owner));
}

static int cell_driver(const struct row *row, char **cell)
{
	char name[NAME_MAX + 1];
	int error;

	error = dflres_feature_driver(row->feature, name, sizeof(name));
	return error ? error : cell_print(cell, "%s", name);
}

static int cell_pid(const struct row *row, char **cell)
{
	pid_t pid;
	int error;

	error = dflres_feature_owner_pid(row->feature, &pid);
	if (error)
		return error;
	return pid ? cell_print(cell, "%d", (int)pid) : -ENOENT;
}

/* Without the module the driver is still known. */
static int cell_by(const struct row *row, char **cell)
{
	if (!row->owner_error && row->owner == DFLRES_OWNER_USER)
		return cell_pid(row, cell);
	return cell_driver(row, cell);
}

static int cell_mappable(const struct row *row, char **cell)
{
	bool mappable;
	int error;

	error = dflres_feature_mappable(row->feature, &mappable);
	return error ? error : cell_print(cell, mappable ? "yes" : "no");
}

static int cell_irqs(const struct row *row, char **cell)
{
	unsigned int num_irqs;
	int error;

	error = dflres_feature_num_irqs(row->feature, &num_irqs);
	return error ? error : cell_print(cell, "%u", num_irqs);
}

static const struct column {
	const char *title;
	int (*cell)(const struct row *row, char **cell);
} columns[] = {
	{ "FEATURE", cell_feature },
	{ "CARD", cell_card },
	{ "TYPE", cell_type },
	{ "ID", cell_id },
	{ "REV", cell_revision },
	{ "SIZE", cell_size },
	{ "OWNER", cell_owner },
	{ "BY", cell_by },
	{ "MAPPABLE", cell_mappable },
	{ "IRQS", cell_irqs },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct table {
	size_t rows;
	char *(*cells)[COLUMNS];
	size_t unmanaged;	/* rows of features without a dflres directory */
	bool incomplete;	/* something could not be read */
};

static void free_cells(char *cells[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		free(cells[i]);
		cells[i] = NULL;
	}
}

static void table_free(struct table *table)
{
	for (size_t i = 0; i < table->rows; i++)
		free_cells(table->cells[i]);
	free(table->cells);
}

/* What a cell shows that has no value: none exists, or none could be read. */
static int fill_blank(struct table *table, const struct row *row,
		      const char *title, int error, char **cell)
{
	if (error == -ENOENT)
		return cell_print(cell, "-");
	complain("%s: cannot read %s: %s.", dflres_feature_name(row->feature),
		 title, strerror(-error));
	table->incomplete = true;
	return cell_print(cell, "?");
}

/* Return: 0; -ENODEV if the feature is gone; -ENOMEM. */
static int fill_cells(struct table *table, const struct row *row,
		      char *cells[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		int error = columns[i].cell(row, &cells[i]);

		if (error && error != -ENODEV && error != -ENOMEM)
			error = fill_blank(table, row, columns[i].title, error,
					   &cells[i]);
		if (error)
			return error;
	}
	return 0;
}

static int add_feature(struct table *table, const struct dflres_feature *feature)
{
	char **cells = table->cells[table->rows];
	struct row row = { .feature = feature };
	int error;

	row.owner_error = dflres_feature_owner(feature, &row.owner);
	error = fill_cells(table, &row, cells);
	if (error) {
		free_cells(cells);
		return error;
	}
	if (row.owner_error == -ENOENT)
		table->unmanaged++;
	table->rows++;
	return 0;
}

static int add_from(struct table *table, const struct dflres_list *list,
		    size_t index)
{
	struct dflres_feature *feature;
	int error;

	error = dflres_list_open(list, index, &feature);
	if (error)
		return error;
	error = add_feature(table, feature);
	dflres_feature_close(feature);
	return error;
}

static int table_fill(struct table *table, const struct dflres_list *list)
{
	size_t count = dflres_list_count(list);

	if (!count)
		return 0;
	table->cells = calloc(count, sizeof(*table->cells));
	if (!table->cells)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int error = add_from(table, list, i);

		/* a feature that went away meanwhile is not there */
		if (error && error != -ENODEV)
			return error;
	}
	return 0;
}

static int column_width(const struct table *table, size_t column)
{
	size_t width = strlen(columns[column].title);

	for (size_t i = 0; i < table->rows; i++) {
		size_t length = strlen(table->cells[i][column]);

		if (length > width)
			width = length;
	}
	return width;
}

static void table_print(const struct table *table)
{
	int widths[COLUMNS];

	/* no spaces behind the last column */
	for (size_t i = 0; i < COLUMNS; i++)
		widths[i] = i + 1 < COLUMNS ? column_width(table, i) : 0;
	for (size_t i = 0; i < COLUMNS; i++)
		printf("%s%-*s", i ? "  " : "", widths[i], columns[i].title);
	putchar('\n');
	for (size_t row = 0; row < table->rows; row++) {
		for (size_t i = 0; i < COLUMNS; i++)
			printf("%s%-*s", i ? "  " : "", widths[i],
			       table->cells[row][i]);
		putchar('\n');
	}
}

static enum exit_status list_print(const struct dflres_list *list)
{
	struct table table = { 0 };
	enum exit_status status = STATUS_OK;
	int error;

	error = table_fill(&table, list);
	if (error) {
		complain("cannot list the features: %s.", strerror(-error));
		table_free(&table);
		return STATUS_FAILURE;
	}
	table_print(&table);
	if (!table.rows)
		complain("the DFL bus has no features: there is no card, or its driver is not bound to it.");
	/* with the module, a new feature has no directory for a moment */
	if (table.rows && table.unmanaged == table.rows) {
		complain("the dflres module is not loaded, so that nothing is known of who owns the features; load it with modprobe dflres.");
		status = STATUS_FAILURE;
	}
	if (table.incomplete)
		status = STATUS_FAILURE;
	table_free(&table);
	return status;
}

static enum exit_status command_list(int argc, char **argv)
{
	struct dflres_list *list;
	enum exit_status status;
	int error;

	if (argc > 1) {
		complain("list takes no operand such as '%s'; see dflres --help.",
			 argv[1]);
		return STATUS_USAGE;
	}
	error = dflres_list_new(&list);
	if (error == -ENOENT) {
		complain("there is no DFL bus (/sys/bus/dfl); load the driver of the card with modprobe dfl-pci, on a kernel that has CONFIG_FPGA_DFL.");
		return STATUS_NOT_FOUND;
	}
	if (error) {
		complain("cannot list the features: %s.", strerror(-error));
		return STATUS_FAILURE;
	}
	status = list_print(list);
	dflres_list_free(list);
	return status;
}

/* ---- the command line ---- */

static const struct command {
	const char *name;
	enum exit_status (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "list", command_list, "list the features, and who owns them" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(void)
{
	puts("Usage: dflres [--help | --version] COMMAND\n"
	     "See and use the features of FPGA cards with a Device Feature List (DFL).\n"
	     "\n"
	     "Commands:");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-8s  %s\n", commands[i].name, commands[i].help);
	puts("\n"
	     "Options:\n"
	     "  -h, --help     print this and exit\n"
	     "  -V, --version  print the version and exit\n"
	     "\n"
	     "Exit status: 0 success, 1 failure, 2 wrong usage, 3 not found.\n"
	     "The manual is dflres(1).");
}

static enum exit_status run_command(int argc, char **argv)
{
	if (argc < 1) {
		complain("no command was given; see dflres --help.");
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!strcmp(argv[0], commands[i].name))
			return commands[i].run(argc, argv);
	}
	complain("there is no command '%s'; see dflres --help.", argv[0]);
	return STATUS_USAGE;
}

static enum exit_status run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			print_help();
			return STATUS_OK;
		case 'V':
			puts(PACKAGE_STRING);
			return STATUS_OK;
		default:	/* getopt_long() has said what is wrong */
			complain("see dflres --help.");
			return STATUS_USAGE;
		}
	}
	return run_command(argc - optind, argv + optind);
}

int main(int argc, char **argv)
{
	enum exit_status status = run(argc, argv);

	/* A full disk shows only when the output is written out. */
	if (fflush(stdout) || ferror(stdout)) {
		complain("cannot write the output: %s.", strerror(errno));
		return STATUS_FAILURE;
	}
	return status;
}
