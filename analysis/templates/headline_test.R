# The headline test of this report again, in base R, from responses.csv alone:
#
#   Rscript headline_test.R [responses.csv]
#
# Null hypothesis: these choices would look as right if the clips had other names. Within each participant the
# categories HEARD change names over all boards of that participant, the choices are kept, every renaming is as likely,
# and participants are independent. p is the chance of so many correct matches or more. Only categories that were heard
# on boards of the same kind change names with each other.
#
# Sessions marked as excluded are left out; those that declared rules leave out are not marked in responses.csv.

given <- commandArgs(trailingOnly = TRUE)
places <- if (length(given)) given[1] else c("responses.csv", "data/responses.csv")
path <- places[file.exists(places)][1]
if (is.na(path)) stop("no responses.csv here: give its path")
rows <- read.csv(path, colClasses = "character", na.strings = character(0), fileEncoding = "UTF-8-BOM")

column <- function(name, otherwise) if (name %in% names(rows)) rows[[name]] else rep(otherwise, nrow(rows))
is_true <- function(text) text %in% c("1", "TRUE", "true", "True")
rows$arm <- column("arm", "all")
rows$answered <- if ("answered" %in% names(rows)) is_true(rows$answered) else rows$chosen_category != ""
rows <- rows[!is_true(column("excluded", "0")), ]
simulated <- is_true(column("simulated", "0")[seq_len(nrow(rows))])
if ("simulated" %in% names(rows)) simulated <- is_true(rows$simulated)
if (any(!simulated)) rows <- rows[!simulated, ]
categories <- sort(unique(c(rows$clip_category, rows$chosen_category[rows$answered])))
rows$board <- paste(rows$participant, if ("session" %in% names(rows)) rows$session else "", rows$block, sep = "\r")
if (!"n_clips" %in% names(rows)) rows$n_clips <- ave(seq_len(nrow(rows)), rows$arm, rows$board, FUN = length)

permutations <- function(n) {
  if (n == 1) return(matrix(1L))
  smaller <- permutations(n - 1)
  do.call(rbind, lapply(seq_len(n), function(first) {
    rest <- setdiff(seq_len(n), first)
    cbind(first, matrix(rest[smaller], nrow(smaller)))
  }))
}

# Clips asked, images shown and how many: what a board is, whatever was chosen on it.
kind_of <- function(board) {
  clips <- board$clip_category
  shown <- as.integer(board$n_options[1])
  images <- clips
  whole <- all(board$answered) && nrow(board) == as.integer(board$n_clips[1]) && nrow(board) == shown
  if (board$design[1] == "one_to_one" && whole) images <- board$chosen_category
  else if (shown == length(categories) && !anyDuplicated(clips)) images <- categories
  list(clips = clips, images = images, shown = shown)
}

# The boards of one person in writing, the clips called `to` instead of `from`; the images keep their names.
written <- function(kinds, from = character(0), to = character(0)) {
  named <- function(x) { at <- match(x, from); x[!is.na(at)] <- to[at[!is.na(at)]]; paste(sort(x), collapse = "\r") }
  sort(unname(vapply(kinds, function(k) {
    paste(named(k$clips), paste(sort(k$images), collapse = "\r"), k$shown, sep = "\n")
  }, "")))
}

# Categories heard by one person, in classes whose members may change names.
classes_of <- function(kinds) {
  heard <- sort(unique(unlist(lapply(kinds, `[[`, "clips"))))
  now <- written(kinds)
  classes <- list()
  for (name in heard) {
    alike <- vapply(classes, function(one) identical(written(kinds, c(one[1], name), c(name, one[1])), now), NA)
    if (any(alike)) classes[[which(alike)[1]]] <- c(classes[[which(alike)[1]]], name)
    else classes[[length(classes) + 1]] <- name
  }
  classes
}

convolve_laws <- function(a, b) {
  found <- numeric(length(a) + length(b) - 1)
  for (i in seq_along(a)) found[i - 1 + seq_along(b)] <- found[i - 1 + seq_along(b)] + a[i] * b
  found
}

# Chance of 0, 1, 2, ... correct matches of one participant when the names of the clips are dealt out anew.
law_of <- function(answers) {
  boards <- Filter(function(board) any(board$answered), split(answers, answers$board))
  kept <- do.call(rbind, boards)
  law <- 1
  for (members in classes_of(lapply(boards, kind_of))) {
    inside <- kept[kept$answered & kept$clip_category %in% members, ]
    counts <- table(factor(inside$clip_category, members), factor(inside$chosen_category, members))
    size <- length(members)
    if (size > 8) stop("more than 8 categories change names: the report draws renamings, this script does not")
    orders <- permutations(size)
    hits <- Reduce(`+`, lapply(seq_len(size), function(i) counts[i, ][orders[, i]]))
    law <- convolve_laws(law, tabulate(hits + 1L, max(hits) + 1L) / length(hits))
  }
  law
}

for (arm in unique(rows$arm)) {
  own <- rows[rows$arm == arm, ]
  people <- Filter(function(answers) any(answers$answered), split(own, own$participant))
  right <- sum(own$answered & own$clip_category == own$chosen_category)
  law <- Reduce(convolve_laws, lapply(people, law_of), 1)
  p <- sum(law[seq_along(law) - 1 >= right])
  cat(sprintf(
    "%s: N = %d, %d of %d right, expected %.4g, p = %.6g (one-sided)\n",
    arm, length(people), right, sum(own$answered), sum(law * (seq_along(law) - 1)), p
  ))
}
