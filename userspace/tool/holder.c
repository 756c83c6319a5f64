// SPDX-License-Identifier: GPL-2.0
/* Who owns a feature: the driver, or the process, its command and its user. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

static void find_command(struct who *who)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)who->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	length = read(fd, who->command, sizeof(who->command) - 1);
	close(fd);
	if (length <= 0)
		return;
	who->command[length] = '\0';
	who->command[strcspn(who->command, "\n")] = '\0';
	/* a process chooses its name: it is not to reach the terminal raw */
	for (char *c = who->command; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
}

static void find_user(const struct dflres_feature *feature, struct who *who)
{
	const struct passwd *passwd;

	if (dflres_feature_owner_uid(feature, &who->uid))
		return;
	who->has_uid = true;
	passwd = getpwuid(who->uid);
	if (passwd)
		snprintf(who->user, sizeof(who->user), "%s", passwd->pw_name);
	else
		snprintf(who->user, sizeof(who->user), "%u",
			 (unsigned int)who->uid);
}

int find_who(const struct dflres_feature *feature, struct who *who)
{
	int error, driver_error;

	memset(who, 0, sizeof(*who));
	error = dflres_feature_owner(feature, &who->owner);
	if (!error && who->owner == DFLRES_OWNER_USER) {
		if (!dflres_feature_owner_pid(feature, &who->pid) && who->pid)
			find_command(who);
		find_user(feature, who);
		return 0;
	}
	/* without the module the driver is still known */
	driver_error = dflres_feature_driver(feature, who->driver,
					     sizeof(who->driver));
	if (driver_error)
		who->driver[0] = '\0';
	return error;
}
