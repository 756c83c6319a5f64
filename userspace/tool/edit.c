// SPDX-License-Identifier: GPL-2.0
/* Lines typed on a terminal; libedit, if it is there, lets the user edit them. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#ifdef HAVE_LIBEDIT

#include <histedit.h>

#define HISTORY_LINES 1000

struct editor {
	EditLine *line;
	History *history;
	editor_words *words;
	const void *context;
	char prompt[64];
};

static char *prompt_of(EditLine *line)
{
	struct editor *editor = NULL;

	el_get(line, EL_CLIENTDATA, &editor);
	return editor->prompt;
}

/* The words that begin like the one before the cursor. */
struct matches {
	const struct editor *editor;
	const char *begin;	/* of the word */
	size_t length;
	bool is_first;		/* on the line */
	char common[256];	/* their common beginning */
	size_t count;
};

static const char *next_match(const struct matches *matches, size_t *index)
{
	const struct editor *editor = matches->editor;
	const char *word;

	while ((word = editor->words(editor->context, (*index)++,
				     matches->is_first))) {
		if (!strncmp(word, matches->begin, matches->length))
			return word;
	}
	return NULL;
}

static void find_common(struct matches *matches)
{
	const char *word;
	size_t index = 0, length;

	while ((word = next_match(matches, &index))) {
		if (!matches->count++)
			snprintf(matches->common, sizeof(matches->common), "%s",
				 word);
		for (length = 0; word[length] &&
		     word[length] == matches->common[length]; length++)
			;
		matches->common[length] = '\0';
	}
}

static void show_matches(const struct matches *matches)
{
	const char *word;
	size_t index = 0;

	while ((word = next_match(matches, &index)))
		printf("%s%s", index == 1 ? "\n" : "  ", word);
	putchar('\n');
	fflush(stdout);
}

static unsigned char complete(EditLine *line, int key)
{
	const LineInfo *info = el_line(line);
	struct matches matches = { .begin = info->cursor };
	struct editor *editor = NULL;

	(void)key;
	el_get(line, EL_CLIENTDATA, &editor);
	matches.editor = editor;
	while (matches.begin > info->buffer && !strchr(" \t", matches.begin[-1]))
		matches.begin--;
	matches.length = (size_t)(info->cursor - matches.begin);
	matches.is_first = matches.begin == info->buffer;
	find_common(&matches);
	if (!matches.count)
		return CC_ERROR;
	if (strlen(matches.common) > matches.length)
		el_insertstr(line, matches.common + matches.length);
	if (matches.count == 1) {
		el_insertstr(line, " ");
		return CC_REFRESH;
	}
	show_matches(&matches);
	return CC_REDISPLAY;
}

static int set_up(struct editor *editor)
{
	HistEvent event;

	editor->line = el_init(PACKAGE_NAME, stdin, stdout, stderr);
	editor->history = history_init();
	if (!editor->line || !editor->history)
		return -ENOMEM;
	history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
	history(editor->history, &event, H_SETUNIQUE, 1);
	el_set(editor->line, EL_CLIENTDATA, editor);
	el_set(editor->line, EL_SIGNAL, 1);
	el_set(editor->line, EL_EDITOR, "emacs");
	el_set(editor->line, EL_PROMPT, prompt_of);
	el_set(editor->line, EL_HIST, history, editor->history);
	el_set(editor->line, EL_ADDFN, "complete", "complete the word", complete);
	el_set(editor->line, EL_BIND, "^I", "complete", NULL);
	/* last, so that the user's own .editrc wins */
	el_source(editor->line, NULL);
	return 0;
}

int editor_open(struct editor **editor, const char *prompt, editor_words *words,
		const void *context)
{
	struct editor *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return -ENOMEM;
	new->words = words;
	new->context = context;
	snprintf(new->prompt, sizeof(new->prompt), "%s> ", prompt);
	error = set_up(new);
	if (error) {
		editor_close(new);
		return error;
	}
	*editor = new;
	return 0;
}

int editor_read(struct editor *editor, char **text)
{
	HistEvent event;
	const char *line;
	int length = 0;

	line = el_gets(editor->line, &length);
	if (!line || length <= 0) {
		/* so that the shell's own prompt begins a line */
		putchar('\n');
		return length < 0 ? -errno : 0;
	}
	if (line[strspn(line, " \t\n")])
		history(editor->history, &event, H_ENTER, line);
	free(*text);
	*text = strdup(line);
	return *text ? 1 : -ENOMEM;
}

void editor_close(struct editor *editor)
{
	if (!editor)
		return;
	if (editor->history)
		history_end(editor->history);
	if (editor->line)
		el_end(editor->line);
	free(editor);
}

#else

struct editor {
	char prompt[64];
};

int editor_open(struct editor **editor, const char *prompt, editor_words *words,
		const void *context)
{
	struct editor *new = calloc(1, sizeof(*new));

	(void)words;
	(void)context;
	if (!new)
		return -ENOMEM;
	snprintf(new->prompt, sizeof(new->prompt), "%s> ", prompt);
	*editor = new;
	return 0;
}

int editor_read(struct editor *editor, char **text)
{
	size_t size = 0;

	free(*text);
	*text = NULL;
	fputs(editor->prompt, stdout);
	fflush(stdout);
	errno = 0;
	if (getline(text, &size, stdin) >= 0)
		return 1;
	putchar('\n');
	return ferror(stdin) ? -errno : 0;
}

void editor_close(struct editor *editor)
{
	free(editor);
}

#endif
