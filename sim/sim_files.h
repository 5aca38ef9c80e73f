/* The files that a simulated node sees: the real ones, read-only, under an overlay in memory. What it writes, removes
 * and renames changes the overlay only. Times of real files do not show: they would differ from run to run. */
#ifndef SIM_SIM_FILES_H
#define SIM_SIM_FILES_H
#include "platform/platform.h"
#include "sim/world.h"

struct sim_files;

struct sim_files *sim_files_create(struct world *world);
void sim_files_destroy(struct sim_files *files);
/* A file of the overlay, whatever is there; NULL data hides the path. */
void sim_files_put(struct sim_files *files, const char *path, struct str data);

/* As the platform's calls. */
enum io_status sim_files_read(struct sim_files *files, const char *path, struct buf *out);
enum io_status sim_files_write(struct sim_files *files, const char *path, struct str data, bool append);
enum io_status sim_files_info(struct sim_files *files, const char *path, struct plat_file_info *out);
enum io_status sim_files_remove(struct sim_files *files, const char *path);
enum io_status sim_files_rename(struct sim_files *files, const char *from, const char *to);
enum io_status sim_files_list(struct sim_files *files, const char *path, struct buf *names);
enum io_status sim_files_change_folder(struct sim_files *files, const char *path);

#endif
