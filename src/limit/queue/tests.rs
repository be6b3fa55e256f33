//! The queue with tasks and time: by examples, and against a model.

use std::{task::Poll, time::Duration};

use futures_util::{FutureExt, future::BoxFuture, poll};
use proptest::{collection::vec, prelude::*};
use tokio::time::{Instant, advance};

use super::{Class, Place, Queue, QueueFigures, QueueOptions, Reason, Shed};

const DEADLINE: Duration = Duration::from_secs(5);

fn queue(executing: usize, queued: usize) -> Queue {
    Queue::new(QueueOptions { executing, queued, deadline: DEADLINE })
}

fn enter(queue: &Queue, class: Class) -> BoxFuture<'static, Result<Place, Shed>> {
    let queue = queue.clone();
    async move { queue.enter(class).await }.boxed()
}

#[tokio::test(start_paused = true)]
async fn one_waits_until_a_place_is_free() {
    let queue = queue(1, 1);
    let first = queue.enter(Class::Interactive).await.unwrap();
    let mut second = enter(&queue, Class::Interactive);
    assert!(poll!(&mut second).is_pending());
    let full = queue.enter(Class::Interactive).await.unwrap_err();
    assert_eq!(
        (full.reason, full.waited, full.retry_after),
        (Reason::Full, Duration::ZERO, Duration::from_secs(1))
    );
    advance(DEADLINE / 2).await;
    drop(first);
    let second = second.await.unwrap();
    assert_eq!(second.waited(), DEADLINE / 2);
    drop(second);
    let expected = QueueFigures {
        admitted: [0, 0, 2, 0],
        shed: [[0; 3], [0; 3], [1, 0, 0], [0; 3]],
        waited: DEADLINE / 2,
        ..QueueFigures::default()
    };
    assert_eq!(queue.figures(), expected);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_one_who_waits_is_over_by_itself() {
    let queue = queue(1, 1);
    let _place = queue.enter(Class::Admin).await.unwrap();
    let since = Instant::now();
    let shed = queue.enter(Class::Admin).await.unwrap_err();
    assert_eq!((shed.reason, shed.waited, since.elapsed()), (Reason::Expired, DEADLINE, DEADLINE));
    assert_eq!(queue.figures().queued, [0; 4]);
    assert!(queue.shed_within(DEADLINE));
    tokio::time::advance(DEADLINE).await;
    assert!(!queue.shed_within(DEADLINE), "that was long ago");
}

#[tokio::test(start_paused = true)]
async fn a_turn_is_not_spent_on_one_whose_time_is_over() {
    let queue = queue(1, 2);
    let place = queue.enter(Class::Interactive).await.unwrap();
    let mut late = enter(&queue, Class::Interactive);
    assert!(poll!(&mut late).is_pending());
    advance(Duration::from_secs(4)).await;
    let mut early = enter(&queue, Class::Interactive);
    assert!(poll!(&mut early).is_pending());
    // The timer of the late one has not been looked at when the place is free.
    advance(Duration::from_secs(1)).await;
    drop(place);
    assert!(poll!(&mut early).is_ready());
    assert_eq!(late.await.unwrap_err().reason, Reason::Expired);
}

#[tokio::test(start_paused = true)]
async fn whoever_goes_away_leaves_no_trace() {
    let queue = queue(1, 2);
    let place = queue.enter(Class::Interactive).await.unwrap();
    let (mut gone, mut told, mut last) = (
        enter(&queue, Class::Interactive),
        enter(&queue, Class::Interactive),
        enter(&queue, Class::Interactive),
    );
    assert!(poll!(&mut gone).is_pending());
    drop(gone);
    assert_eq!(queue.figures().queued, [0; 4]);
    assert!(poll!(&mut told).is_pending());
    assert!(poll!(&mut last).is_pending());
    drop(place);
    // He has the place, does not know it yet, and goes away.
    drop(told);
    assert!(matches!(poll!(&mut last), Poll::Ready(Ok(_))));
    drop(last);
    assert_eq!(queue.figures().executing, 0);
}

#[tokio::test(start_paused = true)]
async fn the_higher_takes_the_room_of_the_lower() {
    let queue = queue(1, 2);
    let place = queue.enter(Class::Background).await.unwrap();
    let mut last_of_his_class = enter(&queue, Class::Background);
    assert!(poll!(&mut last_of_his_class).is_pending());
    let mut lower = enter(&queue, Class::Background);
    assert!(poll!(&mut lower).is_pending());
    let mut higher = enter(&queue, Class::Mutation);
    assert!(poll!(&mut higher).is_pending());
    assert_eq!(lower.await.unwrap_err().reason, Reason::PushedOut);
    assert_eq!(queue.enter(Class::Mutation).await.unwrap_err().reason, Reason::Full);
    drop(place);
    assert!(higher.await.is_ok());
    assert!(last_of_his_class.await.is_ok(), "his turn comes");
}

#[tokio::test(start_paused = true)]
async fn what_one_is_told_to_wait_grows_with_the_queue() {
    let queue = queue(1, 4);
    for _ in 0..100 {
        let place = queue.enter(Class::Admin).await.unwrap();
        advance(Duration::from_secs(2)).await;
        drop(place);
    }
    let _place = queue.enter(Class::Admin).await.unwrap();
    let mut waiting: Vec<_> = (0..4).map(|_| enter(&queue, Class::Admin)).collect();
    for one in &mut waiting {
        assert!(poll!(one).is_pending());
    }
    let wait = queue.enter(Class::Admin).await.unwrap_err().retry_after;
    assert!((9..=10).contains(&wait.as_secs()), "five turns of two seconds: {wait:?}");
}

/// Many threads come, go away and hold places: whatever the races, no more are inside than may, and in the end
/// nobody is.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_race_loses_a_place() {
    const PLACES: usize = 3;
    let queue = queue(PLACES, 50);
    let tasks: Vec<_> = (0..16_u32).map(|task| tokio::spawn(come_and_go(queue.clone(), task))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    let figures = queue.figures();
    assert_eq!((figures.executing, figures.queued), (0, [0; 4]));
    assert!(figures.admitted.iter().sum::<u64>() > 1000, "{figures:?}");
}

async fn come_and_go(queue: Queue, task: u32) {
    for turn in 0..500_u32 {
        let class = Class::ALL[((task + turn) % 4) as usize];
        let entering = enter(&queue, class);
        if (task * 7 + turn).is_multiple_of(3) {
            // Looks once, or after a moment, and goes away.
            let patience = Duration::from_micros(u64::from(turn % 5) * 20);
            let _ = tokio::time::timeout(patience, entering).await;
        } else if let Ok(place) = entering.await {
            assert!(queue.figures().executing <= 3);
            tokio::task::yield_now().await;
            drop(place);
        }
    }
}

/// The queue as lists that are searched from end to end.
#[derive(Default)]
struct Model {
    executing: usize,
    /// Who waits, in the order of coming: number, class, until when.
    waiting: Vec<(usize, Class, Instant)>,
    credits: [i64; 4],
}

impl Model {
    /// What becomes of those who hear something now.
    fn enter(&mut self, number: usize, class: Class, places: usize, room: usize) -> Vec<(usize, Outcome)> {
        if self.executing < places {
            self.executing += 1;
            return vec![(number, Ok(()))];
        }
        let mut heard = Vec::new();
        if self.waiting.len() == room {
            let several = |lower: &Class| self.waiting.iter().filter(|waiter| waiter.1 == *lower).count() > 1;
            let lower = self.waiting.iter().map(|waiter| waiter.1).filter(|lower| *lower > class);
            let lowest = lower.filter(several).max();
            let newest = lowest.and_then(|lowest| self.waiting.iter().rposition(|waiter| waiter.1 == lowest));
            let Some(newest) = newest else { return vec![(number, Err(Reason::Full))] };
            heard.push((self.waiting.remove(newest).0, Err(Reason::PushedOut)));
        }
        self.waiting.push((number, class, Instant::now() + DEADLINE));
        self.rest();
        heard
    }

    fn release(&mut self) -> Vec<(usize, Outcome)> {
        let mut heard = Vec::new();
        loop {
            let classes: Vec<Class> = Class::ALL
                .into_iter()
                .filter(|class| self.waiting.iter().any(|waiter| waiter.1 == *class))
                .collect();
            let weights = [8, 4, 4, 1];
            for class in &classes {
                self.credits[*class as usize] += weights[*class as usize];
            }
            let Some(most) = classes.iter().map(|class| self.credits[*class as usize]).max() else {
                self.executing -= 1;
                return heard;
            };
            let turn = *classes.iter().find(|class| self.credits[**class as usize] == most).unwrap();
            self.credits[turn as usize] -= classes.iter().map(|class| weights[*class as usize]).sum::<i64>();
            let first = self.waiting.iter().position(|waiter| waiter.1 == turn).unwrap();
            let (number, _, deadline) = self.waiting.remove(first);
            self.rest();
            if deadline > Instant::now() {
                heard.push((number, Ok(())));
                return heard;
            }
            heard.push((number, Err(Reason::Expired)));
        }
    }

    fn expire(&mut self) -> Vec<(usize, Outcome)> {
        let now = Instant::now();
        let late: Vec<usize> =
            self.waiting.iter().filter(|waiter| waiter.2 <= now).map(|waiter| waiter.0).collect();
        self.waiting.retain(|waiter| waiter.2 > now);
        self.rest();
        late.into_iter().map(|number| (number, Err(Reason::Expired))).collect()
    }

    /// A class in which nobody waits has saved up nothing.
    fn rest(&mut self) {
        for class in Class::ALL {
            if self.waiting.iter().all(|waiter| waiter.1 != class) {
                self.credits[class as usize] = 0;
            }
        }
    }
}

type Outcome = Result<(), Reason>;

#[derive(Clone, Debug)]
enum Step {
    Enter(Class),
    Leave(prop::sample::Index),
    GoAway(prop::sample::Index),
    Wait(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        6 => prop::sample::select(Class::ALL.to_vec()).prop_map(Step::Enter),
        4 => index().prop_map(Step::Leave),
        1 => index().prop_map(Step::GoAway),
        2 => (0..4_000_u64).prop_map(Step::Wait),
    ]
}

/// Everyone in the queue, as the test holds them.
#[derive(Default)]
struct World {
    waiting: Vec<(usize, BoxFuture<'static, Result<Place, Shed>>)>,
    places: Vec<Place>,
}

impl World {
    /// Who hears something now, in the order of their numbers.
    async fn heard(&mut self) -> Vec<(usize, Outcome)> {
        let (mut heard, mut waiting) = (Vec::new(), Vec::new());
        for (number, mut entering) in self.waiting.drain(..) {
            match poll!(&mut entering) {
                Poll::Pending => waiting.push((number, entering)),
                Poll::Ready(Ok(place)) => {
                    self.places.push(place);
                    heard.push((number, Ok(())));
                }
                Poll::Ready(Err(shed)) => heard.push((number, Err(shed.reason))),
            }
        }
        self.waiting = waiting;
        heard
    }
}

async fn same_as_the_model(steps: Vec<Step>, places: usize, room: usize) -> Result<(), TestCaseError> {
    let queue = queue(places, room);
    let (mut world, mut model) = (World::default(), Model::default());
    for (number, step) in steps.into_iter().enumerate() {
        let mut expected = match step {
            Step::Enter(class) => {
                world.waiting.push((number, enter(&queue, class)));
                model.enter(number, class, places, room)
            }
            Step::Leave(which) if !world.places.is_empty() => {
                drop(world.places.swap_remove(which.index(world.places.len())));
                model.release()
            }
            Step::GoAway(which) if !world.waiting.is_empty() => {
                let (gone, entering) = world.waiting.remove(which.index(world.waiting.len()));
                drop(entering);
                model.waiting.retain(|waiter| waiter.0 != gone);
                model.rest();
                Vec::new()
            }
            Step::Leave(_) | Step::GoAway(_) => Vec::new(),
            Step::Wait(time) => {
                advance(Duration::from_millis(time)).await;
                model.expire()
            }
        };
        expected.sort_by_key(|(number, _)| *number);
        // Whoever enters does so when he is looked at, and may push out one who was looked at before.
        let mut heard = world.heard().await;
        heard.extend(world.heard().await);
        heard.sort_by_key(|(number, _)| *number);
        prop_assert_eq!(heard, expected);
        let figures = queue.figures();
        prop_assert_eq!(figures.executing, model.executing);
        prop_assert_eq!(figures.queued.iter().sum::<usize>(), model.waiting.len());
        prop_assert!(model.waiting.is_empty() || model.executing == places);
    }
    Ok(())
}

proptest! {
    #[test]
    fn it_does_what_the_model_does(steps in vec(any_step(), 1..120), places in 1..4_usize, room in 0..6_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(same_as_the_model(steps, places, room))?;
    }
}
