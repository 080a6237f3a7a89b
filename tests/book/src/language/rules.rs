//! Phrasings that we don't use, each with what to write instead, a sentence that it catches and one that it lets pass.

use std::ops::Range;

use anyhow::{Context, Result};
use regex::{Regex, RegexSet};

/// A phrasing that we don't use.
pub struct Rule {
    pub name: &'static str,
    /// In a paragraph, code is `￼`.
    pattern: &'static str,
    /// What of this is right all the same: a pattern on what was found, from its first letter to its last.
    except: &'static str,
    pub instead: &'static str,
    pub wrong: &'static [&'static str],
    pub right: &'static [&'static str],
}

/// Nothing is excepted.
const NONE: &str = "^$";

/// The table.
pub const RULES: [Rule; 32] = [
    Rule {
        name: "for",
        pattern: r"(?:^|[.?!] )For (?:it|they|we|he|she|there|nothing|others) |[,;:] for (?:(?:it|they|we|he|she|there|nothing|others|what|who|whoever)\b|(?:[\w￼'’-]+ ){1,5}?(?:is|are|was|were|has|have|had|can|can't|cannot|may|might|must|will|would|does|do|did|needs|knows|makes|takes|comes|puts|gets|keeps|runs|leaves|sends|reads|belongs|holds|means|says|asks|sees|waits|goes|begins|ends|closes|stays|counts)\b)",
        except: r"[Ff]or (?:example|instance|now|\w+ing)\b|[Ff]or (?:[\w￼'’-]+ )+(?:that|which|who|whose|where|when|what|how|if|to|and|or)\b",
        instead: "because",
        wrong: &["It waits, for nix has fork behind a feature.", "For it is closed."],
        right: &["A signal, for example, is one.", "For each client it forks.", "It waits, because it must."],
    },
    Rule {
        name: "who",
        pattern: r"(?:^|[.?!] )Who [^.?!]*[.;]|(?:[:;]|\b(?:and|to|of|by|with|for|from|wakes|serves|tells)) who (?:is|was|waits|comes|came|has|leaves|asks|sends|reads|wants)\b",
        except: NONE,
        instead: "\"clients that\", \"anyone who\": name who it is",
        wrong: &["Who comes then waits.", "It wakes who waits for it."],
        right: &["A client who leaves is gone.", "Who gets the client?", "Anyone who reads this."],
    },
    Rule {
        name: "told",
        pattern: r"\b(?:told|(?:tells?|telling) (?:of|in|by|this|that|nothing|all|each|what|how|which|where|when|whether|if|about))\b(?: \w+)?",
        except: r"^told (?:to|you|me|us|it|them|him|her|not|that|the|whether)$",
        instead: "show, say, describe, report, take (chapters)",
        wrong: &["v06 is told in four chapters.", "epoll tells which sockets are ready.", "As told below, it ends."],
        right: &["The server is told to stop.", "It tells you what failed.", "A bit distinguishes the two."],
    },
    Rule {
        name: "stand",
        pattern: r"\b(?:[Ss]tands?|[Ss]tood|[Ss]tanding)\b(?: \w+)?",
        except: r"^\w+ (?:for|out|by|alone|still)$",
        instead: "is, is written, contains, follows",
        wrong: &["A line feed stands in it.", "What is wrong stands above."],
        right: &["PEP stands for Python Enhancement Proposal.", "One standard fits."],
    },
    Rule {
        name: "what",
        pattern: r"(?:^|[.?!;] )What [^.?!;]*[.!;]|\b(?:[Rr]efus|[Rr]eject|[Aa]ccept|[Rr]ead|[Ss]erv|[Kk]eep|[Tt]ak|[Ll]os)(?:e|es|ed|ing|s)? what\b|\bof what (?:is|was|has|it|comes|came)\b",
        except: r"What (?:[\w￼'’-]+ ){1,6}(?:is|are|was|were) (?:the|that|how|why|not|each|its|in|only|one)\b",
        instead: "anything that, the … that: say which things",
        wrong: &["What is no whole number is an error.", "It refuses what can be read twice.", "A list of what comes."],
        right: &["What does it print?", "What changes is the gateway.", "It rejects anything else."],
    },
    Rule {
        name: "give",
        pattern: r"\b[Gg](?:ives?|ave|iven|iving) (?:back|(?:a|an|the|its|no) (?:error|result|value|connection|response|body|number)|￼|none|nothing|[A-Z]\w+)\b|\b[Gg](?:ives?|ave) ￼",
        except: NONE,
        instead: "return, report",
        wrong: &["The poll gave ￼.", "It gives back the socket.", "accept gives a connection."],
        right: &["It gives up.", "The kernel gives it another parent.", "It returns ￼."],
    },
    Rule {
        name: "no",
        pattern: r"\b[Tt]here (?:\w+ )?(?:is|are|was|were|be) no\b|\b(?:is|are|was|were|be|being|become|becomes) no [\w￼-]+",
        except: r"^[Tt]here|no (?:longer|more|less|fewer|different|need|reason|way|doubt|point|such|one|better|worse|slower|faster|other|use|matter)$",
        instead: "is not a, isn't, has no",
        wrong: &["That is no UTF-8.", "A part that was no request."],
        right: &["There is no such file.", "It is no longer open.", "That isn't valid UTF-8."],
    },
    Rule {
        name: "behind",
        pattern: r"(?:\b(?:[Ll]eav\w+|[Ll]eft|[Ss]tay\w*|[Ff]all\w*|[Ff]ell|[Pp]uts?|[Hh]id\w*)(?: [\w￼-]+){0,4} )?\b[Bb]ehind\b(?: [\w￼-]+){0,2}",
        except: r"^(?:[Ll]ea|[Ll]eft|[Ss]tay|[Ff]all|[Ff]ell|[Pp]ut|[Hh]id)|^[Bb]ehind (?:(?:a|the|its) )?(?:[\w-]+ )?(?:proxy|proxies|feature|firewall|rule|rules|scenes|design|door|idea)|^[Bb]ehind it\b",
        instead: "after",
        wrong: &["Both go on behind the call.", "A colon behind the name."],
        right: &["It leaves no process behind.", "A server behind a proxy.", "nix puts fork behind a feature."],
    },
    Rule {
        name: "nobody",
        pattern: r"(?i)\b(?:nobody|somebody|anybody|everybody|whoever)(?:'s|’s)?\b",
        except: NONE,
        instead: "no client, another process, the caller: name it",
        wrong: &["Nobody reads it.", "It wakes whoever waits.", "Somebody has to call it."],
        right: &["No client reads it.", "Anyone can read this."],
    },
    Rule {
        name: "at",
        pattern: r"\b[Aa]t (?:SIG[A-Z]+|a signal|Ctrl-C|EOF|(?:the |a |an |its |that |this |one |two |any )?ports?\b)|\b(?:[Ll]istens?|[Ll]istening|[Bb]inds?) at\b|\bsignals? at (?:it|the)\b",
        except: NONE,
        instead: "on (a signal, a port, an address)",
        wrong: &["It ends at SIGTERM.", "It listens at a port."],
        right: &["It ends on SIGTERM.", "It listens on a port.", "At the end it stops."],
    },
    Rule {
        name: "by",
        pattern: r"\b[Bb]y (?:level|edges?|levels)\b|\b[Bb]y which\b|\b[Ww]ait(?:s|ing)? (?:[\w]+ )?by (?:it|this|that|them|which)\b",
        except: NONE,
        instead: "level-triggered, edge-triggered; with which, through which",
        wrong: &["It watches by level.", "A number by which it is named."],
        right: &["It is level-triggered.", "By then it is gone.", "The process by that name."],
    },
    Rule {
        name: "take for",
        pattern: r"\b[Tt](?:akes?|ook|aken|aking)(?: [\w￼'’-]+){1,6} for (?:an?|no|the) [\w￼-]+",
        except: r"for (?:a|the) (?:moment|while|long|second|request|client|reader|sake|time|first|next)$|for granted",
        instead: "treats X as Y",
        wrong: &["It takes a timeout of 0 for no timeout.", "It took the pause for an error."],
        right: &["It treats 0 as no timeout.", "That takes 3 s for the first.", "It takes a while for the first."],
    },
    Rule {
        name: "anew",
        pattern: r"\b[Aa]new\b",
        except: NONE,
        instead: "again, from scratch",
        wrong: &["It is made anew."],
        right: &["It is made again."],
    },
    Rule {
        name: "for ever",
        pattern: r"\b[Ff]or ever\b",
        except: NONE,
        instead: "forever",
        wrong: &["It waits for ever."],
        right: &["It waits forever."],
    },
    Rule {
        name: "meanwhile",
        pattern: r"\b[Mm]eanwhile\b",
        except: NONE,
        instead: "in the meantime, while …",
        wrong: &["Others wait meanwhile."],
        right: &["Others wait in the meantime."],
    },
    Rule {
        name: "mend",
        pattern: r"\b[Mm]end(?:s|ed|ing)?\b",
        except: NONE,
        instead: "fix",
        wrong: &["Mend the fault."],
        right: &["Fix the fault.", "We recommend it."],
    },
    Rule {
        name: "motive",
        pattern: r"\b[Mm]otives?\b",
        except: NONE,
        instead: "the motivating test, the reason",
        wrong: &["Each version has a motive."],
        right: &["Each version has a motivating test."],
    },
    Rule {
        name: "dear",
        pattern: r"\b[Dd]ear(?:er|est)?\b",
        except: NONE,
        instead: "expensive",
        wrong: &["A process is dear."],
        right: &["A process is expensive."],
    },
    Rule {
        name: "difference",
        pattern: r"\b(?:[Rr]eads?|[Rr]eading|[Ss]hows?|[Ll]ook at|[Pp]rints?|[Ii]n|[Ll]ine of|[Ll]ines of) (?:a|the|its) difference\b",
        except: NONE,
        instead: "the diff",
        wrong: &["Read the difference.", "`refresh` shows the difference."],
        right: &["Read the diff.", "There is a difference between them."],
    },
    Rule {
        name: "none",
        pattern: r"\bNone (?:finds?|of them finds?|is|was|has) |\bone way only\b|\bonly just\b|\bas yet\b",
        except: r"^None (?:is|was|has) $",
        instead: "none of them …; only one way; write the sentence out",
        wrong: &["None finds nothing.", "It can be read in one way only."],
        right: &["None of them fails.", "It can be read in only one way."],
    },
    Rule {
        name: "caption",
        pattern: r"^￼, (?:(?:and )?the rest|its (?:end|beginning|rest)|the end|the beginning|next|further|more|again|below|above)\b.*:$",
        except: NONE,
        instead: "name the item that the block shows",
        wrong: &["￼, the rest:", "￼, its end:", "￼, next:"],
        right: &["￼, ￼, the retry:", "￼, in ￼:"],
    },
    Rule {
        name: "else",
        pattern: r"\b(?:would|will|could|can|should|must) else\b|(?:,|;) else\b|\bor else (?:it|they|we|you|the|a)\b|\b[Aa]ll else\b|^Else\b",
        except: NONE,
        instead: "otherwise; everything else",
        wrong: &["It is there, else in the package.", "Where it would else come.", "All else goes to stderr."],
        right: &["Otherwise it fails.", "Everything else goes to stderr.", "Nothing else may touch it."],
    },
    Rule {
        name: "need not",
        pattern: r"\bneed(?:s)? (?:not|never|no) (?:be|[a-z]+e\b)|\bneed not\b|\bneeds? to [\w]+ nothing\b",
        except: NONE,
        instead: "doesn't have to",
        wrong: &["It need not be sorted.", "You need to know nothing of it."],
        right: &["It doesn't have to be sorted.", "It needs no lock."],
    },
    Rule {
        name: "held against",
        pattern: r"\b(?:held|hold|holds|holding) (?:[\w￼]+ ){0,3}against\b",
        except: NONE,
        instead: "checked against",
        wrong: &["It is held against the repository."],
        right: &["It is checked against the repository."],
    },
    Rule {
        name: "archaic",
        pattern: r"\b(?i:whence|thereof|therein|thereby|hereby|herein|hence|thus|lest|albeit|amongst|whilst|upon|shall|till|forth|befall|nought|naught|alas|aught)\b",
        except: NONE,
        instead: "the plain word: so, from where, among, while, on, will, until",
        wrong: &["It is thus closed.", "It waits till then."],
        right: &["So it is closed.", "It waits until then."],
    },
    Rule {
        name: "idiom",
        pattern: r"\bin the order of the alphabet\b|\bfor want of\b|\blet(?:s)? go of\b",
        except: NONE,
        instead: "plain words: alphabetical, for lack of, closes, by itself",
        wrong: &["The terms in the order of the alphabet.", "It fails for want of memory."],
        right: &["The terms in alphabetical order.", "It fails for lack of memory."],
    },
    Rule {
        name: "of",
        pattern: r"\b(?:[Kk]nows?|[Ss]ays?|[Ss]peaks?|[Ss]aid|[Kk]new) (?:more |all |much )?of (?:the|a|an|its|it|them|that|[A-Z]\w+|￼)|\b(?:know|knows|knew|says|said) nothing of\b",
        except: NONE,
        instead: "about",
        wrong: &["It knows nothing of sockets.", "What the book says of it.", "It knows nothing of HTTP."],
        right: &["It knows nothing about HTTP.", "It knows the size of a body."],
    },
    Rule {
        name: "others",
        pattern: r"\b(?:all|from all|of all) others\b|\bother(?:s)? than (?:these|those) only\b|\bwill be others\b",
        except: NONE,
        instead: "all the others, the other …; will differ",
        wrong: &["It keeps its worker from all others.", "The numbers will be others."],
        right: &["It keeps the other clients waiting.", "The numbers will differ."],
    },
    Rule {
        name: "made of",
        pattern: r"\bmakes? (?:[\w￼]+ ){1,3}of (?:it|them|the bytes|what)\b|\bmade (?:[\w￼]+ ){0,2}of what\b",
        except: NONE,
        instead: "turns … into …",
        wrong: &["A parser that makes a request of the bytes."],
        right: &["A parser that turns the bytes into a request."],
    },
    Rule {
        name: "agreement",
        pattern: r"\b(?:[Tt]hey|[Ww]e|[Tt]hese|[Tt]hose) (?:is|was|has|does)\b|\b(?:[Ii]t|[Hh]e|[Ss]he) are\b",
        except: NONE,
        instead: "a verb that agrees with its subject",
        wrong: &["They is gone.", "It are two."],
        right: &["They are gone.", "It is one."],
    },
    Rule {
        name: "flag",
        pattern: r"\b[Tt]here is no flag\b|\bno use for\b|\btells the usage\b|\bis no number\b",
        except: NONE,
        instead: "unexpected argument; see --help; is not a number",
        wrong: &["there is no flag ￼", "no use for the argument ￼"],
        right: &["unexpected argument ￼; see --help"],
    },
    Rule {
        name: "dash",
        pattern: r"—",
        except: NONE,
        instead: "a comma, a colon or a sentence of its own",
        wrong: &["It ends — at last."],
        right: &["It ends, at last."],
    },
];

/// The table, ready to be used.
pub(super) struct Rules {
    any: RegexSet,
    each: Vec<(Regex, Regex)>,
}

impl Rules {
    pub(super) fn new() -> Result<Rules> {
        let compile = |rule: &Rule| -> Result<_> {
            let one = |pattern| Regex::new(pattern).with_context(|| format!("the rule \"{}\"", rule.name));
            Ok((one(rule.pattern)?, one(rule.except)?))
        };
        let each = RULES.iter().map(compile).collect::<Result<_>>()?;
        Ok(Rules { any: RegexSet::new(RULES.map(|rule| rule.pattern))?, each })
    }

    /// What the rules say of a text, each with its place.
    pub(super) fn find(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let mut found = Vec::new();
        for at in self.any.matches(text) {
            let (pattern, except) = &self.each[at];
            for words in pattern.find_iter(text).filter(|words| !except.is_match(words.as_str())) {
                found.push((words.range(), said(&RULES[at], words.as_str())));
            }
        }
        found
    }
}

fn said(rule: &Rule, words: &str) -> String {
    let words = words.trim_matches(|letter: char| " ,;:.".contains(letter)).replace(super::text::CODE, "`…`");
    let shown = match words.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    };
    format!("\"{shown}\": write {} (rule: {})", rule.instead, rule.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_catches_its_wrong_sentences_and_no_right_one() -> Result<()> {
        let rules = Rules::new()?;
        let caught = |text: &str, rule: &Rule| {
            let found = rules.find(text);
            found.iter().any(|(_, said)| said.ends_with(&format!("(rule: {})", rule.name)))
        };
        for rule in &RULES {
            assert!(!rule.wrong.is_empty() && !rule.right.is_empty(), "{}", rule.name);
            for text in rule.wrong {
                assert!(caught(text, rule), "{}: not caught: {text}", rule.name);
            }
            for text in rule.right {
                assert!(!caught(text, rule), "{}: caught: {text}", rule.name);
            }
        }
        Ok(())
    }

    #[test]
    fn a_complaint_says_what_to_write() -> Result<()> {
        let found = Rules::new()?.find("Mend it.");
        assert_eq!(found, [(0..4, "\"Mend\": write fix (rule: mend)".to_owned())]);
        Ok(())
    }
}
