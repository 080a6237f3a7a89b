//! A conversation: what a client sends on one connection, where it is cut, and what the client does at each cut.

use std::collections::VecDeque;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use suite::case::{Outcome, Stop, require};
use suite::client::Client;
use suite::response::Response;
use suite::server::Server;
use suite::transcript::visible;

use crate::message::Message;
use crate::model::{Answer, Expected, TELLING, answers, closes, is_unbounded};

#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    messages: Vec<Message>,
    cuts: Vec<(Place, Pause)>,
    /// Where the client stops short, if it does: in which message, and where in that.
    stop: Option<(Index, Index)>,
    /// Whether it leaves then, and reads no more.
    leaves: bool,
    /// Whether its client can be sent only little more than it has read.
    is_narrow: bool,
}

/// How many bytes the server can send to any client that reads nothing.
const ROOM: usize = 4096;

/// Where to cut.
#[derive(Clone, Debug)]
enum Place {
    Anywhere(Index),
    /// Where a head or a message ends.
    Edge(Index),
}

/// What the client does before it sends on.
#[derive(Clone, Copy, Debug)]
enum Pause {
    None,
    /// It waits until the server has read all.
    UntilRead,
    /// It waits for the answers to what it has sent.
    UntilAnswered,
}

impl Conversation {
    fn any() -> impl Strategy<Value = Conversation> {
        let messages = prop_oneof![8 => 1..6usize, 1 => 60..150usize]
            .prop_flat_map(|count| prop::collection::vec(Message::any(), count));
        let place = prop_oneof![any::<Index>().prop_map(Place::Anywhere), any::<Index>().prop_map(Place::Edge)];
        let pause = select(&[Pause::None, Pause::UntilRead, Pause::UntilAnswered][..]);
        let cuts = prop::collection::vec((place, pause), 0..8);
        let messages = (messages, prop::bool::weighted(0.25))
            .prop_map(|(messages, goes_on)| if goes_on { up_to_unbounded(messages) } else { closing_last(messages) });
        let stop = prop::option::weighted(0.2, any::<(Index, Index)>());
        (messages, cuts, stop, prop::bool::weighted(0.05), prop::bool::weighted(0.2)).prop_map(
            |(messages, cuts, stop, leaves, is_narrow)| Conversation { messages, cuts, stop, leaves, is_narrow },
        )
    }

    /// Some that go on at the same time.
    pub(crate) fn round() -> impl Strategy<Value = Vec<Conversation>> {
        prop::collection::vec(Conversation::any(), 1..4)
    }

    /// Where each message starts.
    fn starts(&self) -> Vec<usize> {
        let lengths = self.messages.iter().map(|message| message.bytes().len());
        lengths.scan(0, |start, length| Some(std::mem::replace(start, *start + length))).collect()
    }

    /// How many bytes are sent. A broken request is sent whole, for some are broken only at their end.
    fn length(&self) -> usize {
        let Some((at, place)) = self.stop else {
            return self.messages.iter().map(|message| message.bytes().len()).sum();
        };
        let at = at.index(self.messages.len());
        let within = match &self.messages[at] {
            Message::Broken(_) => 0,
            message => place.index(message.bytes().len() + 1),
        };
        self.starts()[at] + within
    }

    /// The ends of the pieces, and what to do after each.
    fn pieces(&self) -> Vec<(usize, Pause)> {
        let length = self.length();
        let ends = |(start, message): (usize, &Message)| {
            [start + message.head_length(), start + message.bytes().len()].into_iter()
        };
        let mut edges: Vec<usize> = self.starts().into_iter().zip(&self.messages).flat_map(ends).collect();
        edges.retain(|&edge| edge < length);
        let place = |(place, pause): &(Place, Pause)| match place {
            Place::Edge(edge) if !edges.is_empty() => (edges[edge.index(edges.len())], *pause),
            Place::Edge(at) | Place::Anywhere(at) => (at.index(length + 1), *pause),
        };
        let mut pieces: Vec<_> = self.cuts.iter().map(place).collect();
        pieces.push((length, Pause::None));
        pieces.sort_by_key(|(end, _)| *end);
        pieces
    }
}

/// `messages` of which at most the last one ends the connection.
fn closing_last(mut messages: Vec<Message>) -> Vec<Message> {
    let last = messages.pop();
    messages.retain(|message| !closes(message));
    messages.extend(last);
    messages
}

/// `messages` up to one that is answered to the end of the connection. Who sends more can get a reset in its place, and
/// does not know then whether the answer was whole.
fn up_to_unbounded(mut messages: Vec<Message>) -> Vec<Message> {
    let is_last = |message: &Message| matches!(message, Message::Valid(request) if is_unbounded(request));
    let end = messages.iter().position(is_last).map_or(messages.len(), |at| at + 1);
    messages.truncate(end);
    messages
}

/// Plays a round: in turn, each client sends a piece.
pub(crate) fn play(server: &Server, round: &[Conversation]) -> Outcome {
    let mut players = round.iter().map(|one| Player::new(server, one)).collect::<Outcome<Vec<_>>>()?;
    let longest = players.iter().map(|player| player.pieces.len()).max().unwrap_or_default();
    for _ in 0..longest {
        for player in &mut players {
            player.step()?;
        }
    }
    players.into_iter().try_for_each(Player::end)
}

struct Player {
    client: Client,
    bytes: Vec<u8>,
    pieces: VecDeque<(usize, Pause)>,
    answers: VecDeque<Answer>,
    sent: usize,
    leaves: bool,
    /// After how many bytes the server is to close, if it is.
    closing: Option<usize>,
    /// Whether the 100 before the next answer has come.
    continued: bool,
}

impl Player {
    fn new(server: &Server, conversation: &Conversation) -> Outcome<Player> {
        let bytes = conversation.messages.iter().flat_map(Message::bytes).collect();
        let answers: VecDeque<_> = answers(&conversation.messages, conversation.length()).into();
        let closing = answers.iter().find(|answer| answer.closes).and_then(|answer| answer.due);
        Ok(Player {
            client: if conversation.is_narrow { server.connect_narrow()? } else { server.connect()? },
            bytes,
            pieces: conversation.pieces().into(),
            answers,
            sent: 0,
            leaves: conversation.leaves,
            closing,
            continued: false,
        })
    }

    fn step(&mut self) -> Outcome {
        let Some((end, pause)) = self.pieces.pop_front() else { return Ok(()) };
        self.client.send(&self.bytes[self.sent..end])?;
        self.sent = end;
        match pause {
            Pause::UntilRead if self.is_reading() => self.client.wait_until_read(),
            Pause::UntilAnswered => {
                let read = self.read_answers();
                self.forgive(read)
            }
            Pause::UntilRead | Pause::None => Ok(()),
        }
    }

    /// Whether the server is to read on: it has no reason to close, and need not wait for this client to read.
    fn is_reading(&self) -> bool {
        let due = self.answers.iter().filter(|answer| answer.due.is_some_and(|due| due <= self.sent));
        due.map(Answer::size).sum::<usize>() <= ROOM && self.closing.is_none_or(|closing| closing > self.sent)
    }

    /// Who goes on sending after the request that ends the connection can be told so by a reset, which may destroy
    /// answers that are on their way (RFC 9112 9.6).
    fn forgive(&mut self, outcome: Outcome) -> Outcome {
        let is_reset =
            matches!(&outcome, Err(Stop::Failed(failure)) if failure.came.ends_with("a reset by the server"));
        if is_reset && self.closing.is_some_and(|closing| closing < self.sent) {
            self.leaves = true;
            self.pieces.clear();
            return Ok(());
        }
        outcome
    }

    fn read_answers(&mut self) -> Outcome {
        while let Some(answer) = self.answers.pop_front_if(|answer| answer.due.is_some_and(|due| due <= self.sent)) {
            self.read(&answer)?;
        }
        // A client that has sent no more than the head waits for its 100.
        let waits = self.answers.front().is_some_and(|answer| answer.interim == Some(self.sent));
        if waits && !self.continued {
            self.client.status(100)?;
            self.continued = true;
        }
        Ok(())
    }

    fn read(&mut self, answer: &Answer) -> Outcome {
        let method = if answer.is_head { "HEAD" } else { "" };
        let mut response = self.client.response_to(method)?;
        if response.status == 100 && answer.interim.is_some() && !self.continued {
            response = self.client.response_to(method)?;
        }
        self.continued = false;
        let came =
            || format!("{} {}, {:?}, {}", response.status, response.reason, response.fields, visible(&response.body));
        require(is_right(&response, answer), format!("{answer:?}"), came)
    }

    /// Says that no more comes, and reads what is left.
    fn end(mut self) -> Outcome {
        if self.leaves {
            return Ok(());
        }
        self.client.finish();
        let read = self.read_rest();
        self.forgive(read)
    }

    fn read_rest(&mut self) -> Outcome {
        while let Some(answer) = self.answers.pop_front() {
            self.read(&answer)?;
        }
        self.client.closes()
    }
}

fn is_right(response: &Response, answer: &Answer) -> bool {
    let body = match &answer.body {
        Expected::Exactly(body) => response.body == *body,
        Expected::EndsWith(text) => response.body.ends_with(text.as_bytes()),
        Expected::Lines(lines) => {
            let page = String::from_utf8_lossy(&response.body).into_owned();
            page.lines().filter(|line| TELLING.iter().any(|start| line.starts_with(start))).eq(lines)
        }
        Expected::Any => true,
    };
    let connection = if answer.closes { "close" } else { "keep-alive" };
    body && answer.statuses.contains(&response.status) && response.field("Connection") == Some(connection)
}
