// SPDX-License-Identifier: GPL-2.0
/* dflres monitor: features, their owners, and interrupts, as they come and go. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tool.h"

/* One monitored feature. */
struct monitored {
	struct dflres_feature *feature;
	struct dflres_watch *watch;
	struct dflres_claim *claim;	/* NULL: none that this user may use */
	struct dflres_irq **irqs;	/* of the claim; some may be NULL */
	unsigned int num_irqs;
	bool gone;
};

struct monitor {
	const struct options *options;
	struct monitored **features;	/* by their paths */
	size_t count;
	struct dflres_hotplug *hotplug;	/* NULL: only named features */
	uint64_t events;	/* that it has shown, without the first owners */
};

/* Whether it has shown all events of --count. */
static bool has_all(const struct monitor *monitor)
{
	return monitor->options->given & TAKES_EVENTS &&
	       monitor->events >= monitor->options->count;
}

/* ---- the features ---- */

static void forget_claim(struct monitored *monitored)
{
	for (unsigned int i = 0; i < monitored->num_irqs; i++)
		dflres_irq_close(monitored->irqs[i]);
	free(monitored->irqs);
	dflres_claim_close(monitored->claim);
	monitored->irqs = NULL;
	monitored->num_irqs = 0;
	monitored->claim = NULL;
}

/* The interrupts of a claim, if this user may see them. */
static void look_at_claim(struct monitored *monitored)
{
	unsigned int num_irqs;

	forget_claim(monitored);
	if (dflres_claim_attach(&monitored->claim, monitored->feature))
		return;
	if (dflres_feature_num_irqs(monitored->feature, &num_irqs) || !num_irqs)
		return;
	monitored->irqs = calloc(num_irqs, sizeof(struct dflres_irq *));
	if (!monitored->irqs)
		return;
	monitored->num_irqs = num_irqs;
	for (unsigned int i = 0; i < num_irqs; i++)
		dflres_irq_open(&monitored->irqs[i], monitored->claim, i,
				DFLRES_IRQ_WATCH);
}

static void forget(struct monitored *monitored)
{
	forget_claim(monitored);
	dflres_watch_close(monitored->watch);
	dflres_feature_close(monitored->feature);
	free(monitored);
}

static int compare(const void *a, const void *b)
{
	const struct monitored *const *one = a, *const *other = b;

	return strcmp(dflres_feature_path((*one)->feature),
		      dflres_feature_path((*other)->feature));
}

static int compare_path(const void *path, const void *element)
{
	const struct monitored *const *monitored = element;

	return strcmp(path, dflres_feature_path((*monitored)->feature));
}

static bool make_room(struct monitor *monitor, size_t more)
{
	struct monitored **features;

	features = reallocarray(monitor->features, monitor->count + more + 1,
				sizeof(struct monitored *));
	if (features)
		monitor->features = features;
	return features;
}

/* The caller has made room. Return: 0, and the monitor owns @feature; or -errno. */
static int add(struct monitor *monitor, struct dflres_feature *feature,
	       const char *event)
{
	struct monitored *new = calloc(1, sizeof(*new));
	enum dflres_owner owner;
	int error;

	if (!new)
		return -ENOMEM;
	error = dflres_watch_open(&new->watch, feature);
	if (!error)
		error = dflres_watch_read(new->watch, &owner);
	if (error) {
		dflres_watch_close(new->watch);
		free(new);
		return error;
	}
	new->feature = feature;
	if (owner == DFLRES_OWNER_USER)
		look_at_claim(new);
	event_owner(monitor->options, feature, event, owner);
	monitor->features[monitor->count++] = new;
	return 0;
}

static enum exit_status add_named(struct monitor *monitor, int count,
				  char **operands)
{
	if (!make_room(monitor, (size_t)count))
		return explain_memory();
	for (int i = 0; i < count; i++) {
		struct dflres_feature *feature;
		enum exit_status status;
		int error;

		status = select_feature(&feature, operands[i]);
		if (status)
			return status;
		error = add(monitor, feature, "owner");
		if (error) {
			status = explain(DFLRES_OPERATION_WATCH, feature, error);
			dflres_feature_close(feature);
			return status;
		}
	}
	return STATUS_OK;
}

static enum exit_status add_listed(struct monitor *monitor,
				   const struct dflres_list *list, size_t index,
				   const char *event)
{
	enum exit_status status = STATUS_OK;
	struct dflres_feature *feature;
	int error;

	/* it went away meanwhile */
	if (dflres_list_open(&feature, list, index))
		return STATUS_OK;
	error = add(monitor, feature, event);
	if (!error) {
		monitor->events += !strcmp(event, "new");
		return STATUS_OK;
	}
	/* an event will come when the module manages the feature */
	if (error != -ENODEV && error != -ENOENT)
		status = explain(DFLRES_OPERATION_WATCH, feature, error);
	dflres_feature_close(feature);
	return status;
}

/* Add all features on the bus that it does not monitor yet. */
static enum exit_status add_all(struct monitor *monitor, const char *event)
{
	const size_t known = monitor->count;
	enum exit_status status = STATUS_OK;
	struct dflres_list *list;
	int error;

	error = dflres_list_new(&list);
	/* the driver of a card will bring the bus */
	if (error == -ENOENT)
		return STATUS_OK;
	if (error)
		return explain_list(error);
	if (!make_room(monitor, dflres_list_count(list)))
		status = explain_memory();
	for (size_t i = 0; i < dflres_list_count(list) && !status &&
	     !has_all(monitor); i++) {
		if (!bsearch(dflres_list_path(list, i), monitor->features,
			     known, sizeof(*monitor->features), compare_path))
			status = add_listed(monitor, list, i, event);
	}
	dflres_list_free(list);
	if (!status)
		qsort(monitor->features, monitor->count,
		      sizeof(*monitor->features), compare);
	return status;
}

/* Return: whether there were any. */
static bool remove_gone(struct monitor *monitor)
{
	const size_t before = monitor->count;

	monitor->count = 0;
	for (size_t i = 0; i < before; i++) {
		struct monitored *monitored = monitor->features[i];

		if (monitored->gone)
			forget(monitored);
		else
			monitor->features[monitor->count++] = monitored;
	}
	return monitor->count < before;
}

/* ---- waiting ---- */

static void handle_owner(struct monitor *monitor, struct monitored *monitored)
{
	enum dflres_owner owner;
	int error;

	error = dflres_watch_read(monitored->watch, &owner);
	if (error) {
		event_gone(monitor->options, monitored->feature);
		monitored->gone = true;
		monitor->events++;
		return;
	}
	/* also if it was claimed before: this is another claim */
	if (owner == DFLRES_OWNER_USER)
		look_at_claim(monitored);
	else
		forget_claim(monitored);
	event_owner(monitor->options, monitored->feature, "owner", owner);
	monitor->events++;
}

static void handle_irqs(struct monitor *monitor, struct monitored *monitored)
{
	for (unsigned int i = 0; i < monitored->num_irqs && !has_all(monitor);
	     i++) {
		uint64_t count;

		if (!monitored->irqs[i])
			continue;
		if (dflres_irq_take(monitored->irqs[i], &count)) {
			/* the claim has ended; the owner's event says so */
			dflres_irq_close(monitored->irqs[i]);
			monitored->irqs[i] = NULL;
		} else if (count) {
			event_irq(monitor->options, monitored->feature, i, count);
			monitor->events++;
		}
	}
}

/* The bus comes first, then the owners in the order of the features. */
static size_t collect(const struct monitor *monitor, struct pollfd *fds)
{
	size_t number = 0;

	fds[number++] = (struct pollfd){
		.fd = monitor->hotplug ? dflres_hotplug_fd(monitor->hotplug) : -1,
		.events = POLLIN,
	};
	for (size_t i = 0; i < monitor->count; i++)
		fds[number++] = (struct pollfd){
			.fd = dflres_watch_fd(monitor->features[i]->watch),
			.events = POLLPRI,
		};
	for (size_t i = 0; i < monitor->count; i++) {
		const struct monitored *monitored = monitor->features[i];

		for (unsigned int j = 0; j < monitored->num_irqs; j++) {
			if (!monitored->irqs[j])
				continue;
			fds[number++] = (struct pollfd){
				.fd = dflres_irq_fd(monitored->irqs[j]),
				.events = dflres_irq_events(monitored->irqs[j]),
			};
		}
	}
	return number;
}

static size_t most_descriptors(const struct monitor *monitor)
{
	size_t most = 1 + monitor->count;

	for (size_t i = 0; i < monitor->count; i++)
		most += monitor->features[i]->num_irqs;
	return most;
}

static enum exit_status handle_ready(struct monitor *monitor,
				     const struct pollfd *fds)
{
	bool changed = false, gone;

	for (size_t i = 0; i < monitor->count && !has_all(monitor); i++) {
		/* interrupts of a claim come before its end */
		handle_irqs(monitor, monitor->features[i]);
		if (fds[1 + i].revents && !has_all(monitor))
			handle_owner(monitor, monitor->features[i]);
	}
	gone = remove_gone(monitor);
	if (!monitor->hotplug)
		return STATUS_OK;
	if (fds[0].revents)
		dflres_hotplug_read(monitor->hotplug, &changed);
	/* a feature may come back before this sees that it was gone */
	return changed || gone ? add_all(monitor, "new") : STATUS_OK;
}

static enum exit_status wait_once(struct monitor *monitor, int64_t deadline,
				  bool *over)
{
	enum exit_status status = STATUS_OK;
	int ready, left = -1;
	struct pollfd *fds;
	size_t number;

	fds = calloc(most_descriptors(monitor), sizeof(*fds));
	if (!fds)
		return explain_memory();
	number = collect(monitor, fds);
	if (deadline >= 0)
		left = clock_left(deadline);
	ready = poll(fds, number, left);
	if (ready > 0) {
		status = handle_ready(monitor, fds);
	} else if (ready < 0) {
		complain("cannot wait for changes: %s.", strerror(errno));
		status = STATUS_FAILURE;
	}
	*over = !ready;
	free(fds);
	return status;
}

static enum exit_status watch(struct monitor *monitor)
{
	const struct options *options = monitor->options;
	enum exit_status status = STATUS_OK;
	const bool idles = options->given & TAKES_IDLE_TIMEOUT;
	int64_t deadline = -1, end = -1;
	uint64_t before = UINT64_MAX;
	bool over = false;

	if (options->given & TAKES_TIMEOUT)
		end = clock_now() + options->timeout;
	/* an error of stdout: nobody reads the output any more */
	while (!status && !over && !ferror(stdout) && !has_all(monitor) &&
	       (monitor->count || monitor->hotplug)) {
		if (idles && monitor->events != before)
			deadline = clock_now() + options->idle_timeout;
		if (end >= 0 && (deadline < 0 || end < deadline))
			deadline = end;
		before = monitor->events;
		status = wait_once(monitor, deadline, &over);
	}
	return status;
}

/* Watch the bus before listing it, so that no feature is missed. */
static enum exit_status watch_bus(struct monitor *monitor)
{
	enum exit_status status;
	int error;

	error = dflres_hotplug_open(&monitor->hotplug);
	if (error) {
		complain("cannot watch for new features: %s; name the features to watch.",
			 strerror(-error));
		return STATUS_FAILURE;
	}
	status = add_all(monitor, "owner");
	if (!status && !monitor->count)
		complain("the dflres module manages no features yet; waiting for them.");
	return status;
}

/* Each feature takes two; the usual limit of 1024 is for programs that use select(2). */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	struct monitor monitor = { .options = options };
	enum exit_status status;

	allow_descriptors();
	if (count)
		status = add_named(&monitor, count, operands);
	else
		status = watch_bus(&monitor);
	if (!status)
		status = watch(&monitor);
	for (size_t i = 0; i < monitor.count; i++)
		forget(monitor.features[i]);
	free(monitor.features);
	dflres_hotplug_close(monitor.hotplug);
	return status;
}

const struct command command_monitor = {
	.name = "monitor",
	.operands = "[FEATURE]...",
	.max_operands = -1,
	.takes = TAKES_JSON | TAKES_TIMEOUT | TAKES_EVENTS | TAKES_IDLE_TIMEOUT,
	.summary = "show changes of the owner, and interrupts, as they happen",
	.help = "It begins with the present owners, which are no events. Without FEATURE it shows all\nfeatures, also those that come later; with FEATURE it ends when all named ones are\ngone. It shows interrupts only of features that this user has claimed. With --json\neach event is one line.",
	.timeout_help = "end after SECONDS, such as 0.5",
	.run = run,
};
