// SPDX-License-Identifier: GPL-2.0
/* dflres exec: run a program, and claim features while it runs. */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

/* As in the shell and env(1). */
#define STATUS_CANNOT_RUN 126
#define STATUS_NO_PROGRAM 127
#define STATUS_SIGNAL 128

struct claims {
	size_t count;
	struct dflres_claim **claims;
};

static volatile sig_atomic_t child;

/* A signal to the tool is meant for the program. */
static void pass_on(int sig)
{
	const int saved = errno;

	if (child > 0)
		kill((pid_t)child, sig);
	errno = saved;
}

static const int passed_on[] = { SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };
/* the terminal sends these to the program as well */
static const int ignored[] = { SIGINT, SIGQUIT };

#define HANDLED (ARRAY_SIZE(passed_on) + ARRAY_SIZE(ignored))

/* The handlers and the signal mask from before, for the program. */
struct signals {
	struct sigaction before[HANDLED];
	sigset_t mask;
};

static int handled_signal(size_t index)
{
	return index < ARRAY_SIZE(passed_on) ?
	       passed_on[index] : ignored[index - ARRAY_SIZE(passed_on)];
}

/* Block signals until the id of the child is known. */
static void take_signals(struct signals *signals)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < HANDLED; i++)
		sigaddset(&set, handled_signal(i));
	sigprocmask(SIG_BLOCK, &set, &signals->mask);
	for (size_t i = 0; i < HANDLED; i++) {
		struct sigaction action = {
			.sa_handler = i < ARRAY_SIZE(passed_on) ? pass_on :
								  SIG_IGN,
		};

		sigaction(handled_signal(i), NULL, &signals->before[i]);
		/* an ignored signal, as by nohup(1), stays ignored */
		if (signals->before[i].sa_handler != SIG_IGN)
			sigaction(handled_signal(i), &action, NULL);
	}
}

static void give_signals(const struct signals *signals)
{
	for (size_t i = 0; i < HANDLED; i++)
		sigaction(handled_signal(i), &signals->before[i], NULL);
	sigprocmask(SIG_SETMASK, &signals->mask, NULL);
}

/* Run the program in the place of this process. */
__attribute__((noreturn))
static void become(const struct claims *claims, char **program, bool listen)
{
	int error;

	/*
	 * The program holds the leases even if it is a child: it keeps the
	 * registers if somebody kills the tool.
	 */
	error = pass_claims(claims->claims, claims->count, listen);
	if (!error) {
		execvp(program[0], program);
		error = -errno;
	}
	complain("cannot run %s: %s.", program[0], strerror(-error));
	_exit(error == -ENOENT ? STATUS_NO_PROGRAM : STATUS_CANNOT_RUN);
}

static int run_program(const struct claims *claims, char **program)
{
	struct signals signals;
	int status = 0;
	pid_t pid;

	fflush(stdout);
	take_signals(&signals);
	pid = fork();
	if (!pid) {
		give_signals(&signals);
		become(claims, program, false);
	}
	if (pid < 0) {
		complain("cannot start a process: %s.", strerror(errno));
		give_signals(&signals);
		return STATUS_FAILURE;
	}
	child = pid;
	sigprocmask(SIG_SETMASK, &signals.mask, NULL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* from here on another process may get its id */
	child = 0;
	if (WIFSIGNALED(status))
		return STATUS_SIGNAL + WTERMSIG(status);
	return WEXITSTATUS(status);
}

static void release_all(const struct claims *claims)
{
	for (size_t i = 0; i < claims->count; i++)
		dflres_claim_close(claims->claims[i]);
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	struct claims claims = { .count = (size_t)count };
	int status;

	claims.claims = calloc(claims.count, sizeof(*claims.claims));
	if (!claims.claims)
		return explain_memory();
	status = claim_names(claims.claims, (const char *const *)operands,
			     claims.count, claim_flags(options),
			     claim_timeout(options));
	if (!status && options->given & TAKES_REPLACE) {
		fflush(stdout);
		become(&claims, options->program, true);
	}
	if (!status) {
		status = run_program(&claims, options->program);
		release_all(&claims);
	}
	free(claims.claims);
	return status;
}

const struct command command_exec = {
	.name = "exec",
	.operands = "FEATURE...",
	.min_operands = 1,
	.max_operands = -1,
	.takes = TAKES_TAKE_OVER | TAKES_TIMEOUT | TAKES_REPLACE,
	.takes_program = true,
	.summary = "run a program, and claim features while it runs",
	.help = "In the program's environment DFLRES_FEATURES is the number of features. For each,\nfrom 0 on, DFLRES_FEATURE_0 is its name, DFLRES_PATH_0 its directory, DFLRES_FILES_0\nthe directory of the module's files, and DFLRES_FD_0 the descriptor of its registers.\nThe exit status is the program's, 128 plus the signal that killed it, or 126 or 127\nif it cannot run.",
	.run = run,
};
