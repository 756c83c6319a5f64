// SPDX-License-Identifier: GPL-2.0
/* dflres(1): see and use the features of DFL cards. The command line. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

static const struct command *const commands[] = {
	&command_list,
	&command_map,
	&command_info,
	&command_claim,
	&command_release,
	&command_read,
	&command_write,
	&command_update,
	&command_dump,
	&command_load,
	&command_wait,
	&command_shell,
	&command_exec,
	&command_monitor,
	&command_watch,
	&command_keep,
	&command_cdi,
	&command_registers,
	&command_report,
};

static enum exit_status run_command(const struct command *command,
				    struct words words)
{
	struct options options = OPTIONS_INIT;
	enum exit_status status;
	bool done;

	status = parse_command(command, &options, &words, &done);
	return done ? status :
		      command->run(&options, words.count, words.list);
}

/* ---- the command line ---- */

static void print_help(void)
{
	puts("Usage: dflres [--help | --version] COMMAND\n"
	     "See and use the features of FPGA cards with a Device Feature List (DFL).\n"
	     "\n"
	     "Commands:");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-9s  %s\n", commands[i]->name,
		       commands[i]->summary);
	puts("\n"
	     "Options:\n"
	     "  -h, --help     print this help and exit; COMMAND --help: help of a command\n"
	     "  -V, --version  print the version and exit\n"
	     "\n"
	     "Exit status: 0 success, 1 failure, 2 wrong usage, 3 not found, 4 busy,\n"
	     "5 no permission or locked down, 6 timeout, 7 error in a file. The manual is\n"
	     "dflres(1).");
}

static enum exit_status find_command(int argc, char **argv)
{
	if (argc < 1) {
		complain("no command was given; see dflres --help.");
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(argv[0], commands[i]->name))
			return run_command(commands[i],
					   (struct words){ argc, argv });
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

	/* '+': all words behind the command belong to it */
	while ((option = getopt_long(argc, argv, "+:hV", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			print_help();
			return STATUS_OK;
		case 'V':
			puts(PACKAGE_STRING);
			return STATUS_OK;
		default:
			return bad_option("", option, argv);
		}
	}
	return find_command(argc - optind, argv + optind);
}

/*
 * What is opened gets the lowest number that is free. With standard output closed
 * that is its number, and the registers would take what is printed. A read or a
 * write of what stands in fails as if it were closed.
 */
static int occupy_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* also for a program that this one runs */
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY :
							   O_RDONLY) < 0)
			return -errno;
	}
	return 0;
}

int main(int argc, char **argv)
{
	enum exit_status status, output;
	int error = occupy_standard();

	if (error) {
		complain("cannot open /dev/null in place of a closed descriptor: %s.",
			 strerror(-error));
		return STATUS_FAILURE;
	}
	status = run(argc, argv);
	output = flush_output();
	return output ? output : status;
}
