use super::*;
use crate::phrases::{Key, NotAKey, Offer};

type Sentence = fn(Speaker) -> Vec<Piece>;

fn key(sign: char) -> Key {
    Key::try_from(sign).unwrap()
}

#[test]
fn sentences_are_said_as_written_here() {
    let two = Millis::seconds(120);
    let table: [(Sentence, &str, &str); 20] = [
        (|s| s.queue_ahead(0), "您是下一位，请不要挂机。", "You are next. Please stay on the line."),
        (|s| s.queue_ahead(1), "您前面还有一位客户在等待。", "There is one caller ahead of you."),
        (|s| s.queue_ahead(2), "您前面还有两位客户在等待。", "There are two callers ahead of you."),
        (|s| s.queue_place(3), "您现在排在第三位。", "You are third in the queue."),
        (|s| s.queue_place(101), "您现在排在第一百零一位。", "You are number one hundred one in the queue."),
        (
            |s| s.estimated_wait(Millis(0)),
            "预计还需等待不到一分钟",
            "Your estimated wait is less than a minute",
        ),
        (
            |s| s.take_call(key('1')),
            "您有新的来电。接听请按一",
            "You have a call. To take the call, press one",
        ),
        (
            |s| s.call_from("4008001111"),
            "本次来电来自热线四零零八零零幺幺幺幺",
            "This call comes from hotline four zero zero eight zero zero one one one one",
        ),
        (|s| s.caller_waited(Millis::seconds(300)), "客户已等待五分钟", "The caller has waited five minutes"),
        (
            |s| s.at_your_service("8001"),
            "工号八零零幺为您服务。",
            "Agent number eight zero zero one is at your service.",
        ),
        (
            |s| s.callback_noted("13900000001"),
            "您的回电请求已登记。您的号码是幺三九零零零零零零零幺我们会尽快给您回电。",
            "We have noted your request to be called back. Your number is one three nine zero zero zero zero zero \
             zero zero one We will call you as soon as we can.",
        ),
        (|s| s.code_entered("12"), "您输入的是幺二", "You entered one two"),
        (
            |s| s.code_seen(2, date(2026, 2, 2)),
            "该防伪码已被查询过两次首次查询时间是二零二六年二月二日请谨防假冒。",
            "This code has already been checked two times The first time was February second twenty twenty six \
             Please beware of counterfeits.",
        ),
        (|s| s.dial_extension(None), "请直接拨分机号。", "Please dial the extension."),
        (
            |s| s.dial_extension(Some(key('0'))),
            "请直接拨分机号。人工服务请按零",
            "Please dial the extension. For an operator, press zero",
        ),
        (
            |s| s.open_hours(time(9, 0, 0, 0), time(18, 0, 0, 0)),
            "我们的工作时间是上午九点到晚上六点",
            "Our hours are from nine a.m. to six p.m.",
        ),
        (
            |s| s.open_again(date(2026, 10, 8), time(9, 0, 0, 0)),
            "恢复服务的时间是二零二六年十月八日星期四上午九点",
            "We will be open again on Thursday October eighth twenty twenty six nine a.m.",
        ),
        (|s| s.balance(250), "您的账户余额是两元五角", "Your balance is two yuan fifty fen"),
        (
            |s| s.time_left(Millis::seconds(60)),
            "账户余额不足，通话时间还剩一分钟",
            "The balance is low. The time left for this call is one minute",
        ),
        (|s| s.offer(Offer::This, key('#')), "请按井号键", "Please press pound"),
    ];
    for (sentence, mandarin, english) in table {
        assert_eq!(zh(sentence(ZH)), mandarin);
        assert_eq!(en(sentence(EN)), english);
    }
    assert_eq!(zh(ZH.estimated_wait(two)), "预计还需等待两分钟");
}

#[test]
fn every_offer_ends_with_its_key() {
    for offer in Offer::ALL {
        for sign in "0123456789*#".chars() {
            let said = ZH.offer(offer, key(sign));
            assert!(said[0].text(Language::Mandarin).ends_with("请按"), "{offer:?}");
            assert!(said[0].text(Language::English).ends_with("ress"), "{offer:?}");
            assert_eq!(said[1..], Speaker { yao: false, ..ZH }.spelled(&sign.to_string()));
            assert_eq!(said.len(), 2);
        }
    }
    for sign in ['a', '１', '+', '\0', '零'] {
        assert_eq!(Key::try_from(sign), Err(NotAKey(sign)));
    }
}
