# Random-intercept logits by lme4: makes lme4.json beside this file. Run: Rscript tests/golden/lme4.R tests/golden/lme4.json
# One line of the file is one study: right answers of every participant, out of `answered` each, and what
# glmer(cbind(hits, answered - hits) ~ 1 + (1 | participant), family = binomial, nAGQ = 25) finds.
suppressPackageStartupMessages(library(lme4))

fit <- function(people, answered, intercept, sd) {
  hits <- rbinom(people, answered, plogis(intercept + sd * rnorm(people)))
  rows <- data.frame(hits = hits, wrong = answered - hits, participant = factor(seq_len(people)))
  found <- glmer(cbind(hits, wrong) ~ 1 + (1 | participant), rows, family = binomial, nAGQ = 25,
                 control = glmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.02, rhoend = 1e-9, maxfun = 1e5)))
  sprintf('{"answered": %d, "drawn_sd": %g, "hits": [%s], "intercept": %.7f, "sigma": %.7f}', answered, sd,
          paste(hits, collapse = ", "), fixef(found)[[1]], attr(VarCorr(found)$participant, "stddev")[[1]])
}

set.seed(20261130)
studies <- list()
for (answered in c(12, 24, 40, 60)) for (sd in c(0.5, 1, 2, 3, 4)) for (people in c(12, 40)) {
  studies[[length(studies) + 1]] <- fit(people, answered, 0.4, sd)
}
version <- sprintf("lme4 %s, %s", packageVersion("lme4"), R.version.string)
lines <- paste0(unlist(studies), collapse = ",\n")
writeLines(sprintf('{"made_with": "%s", "studies": [\n%s\n]}', version, lines), commandArgs(TRUE)[1])
