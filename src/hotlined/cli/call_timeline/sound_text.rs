//! The text for a sound: a spoken phrase as its words, any other file as its name.

use hotlined_core::hotline::Hotline;
use hotlined_core::hotline::Voice;
use hotlined_core::phrases;
use hotlined_core::phrases::Piece;
use hotlined_core::prompt::{Prompt, SoundPath};

/// The text for a sound. Only the hotline tells which files are spoken phrases.
pub(super) fn describe_sound(prompt: &Prompt, hotline: Option<&Hotline>) -> String {
    let paths = match prompt {
        Prompt::Tone(_) => return prompt.to_string(),
        Prompt::File(path) => std::slice::from_ref(path),
        Prompt::Files(paths) => paths,
    };
    let Some(voice) = hotline.map(|hotline| &hotline.voice).filter(|voice| voice.speaks()) else {
        return prompt.to_string();
    };
    let mut parts: Vec<String> = Vec::new();
    let mut sentence: Vec<Piece> = Vec::new();
    let end_sentence = |sentence: &mut Vec<Piece>, parts: &mut Vec<String>| {
        let text = phrases::text(voice.language, &std::mem::take(sentence));
        if !text.is_empty() {
            parts.push(format!("“{text}”"));
        }
    };
    for path in paths {
        match piece(path, voice) {
            Some(piece) => sentence.push(piece),
            None => {
                end_sentence(&mut sentence, &mut parts);
                parts.push(name(path, voice).to_owned());
            }
        }
    }
    end_sentence(&mut sentence, &mut parts);
    if parts.is_empty() { "silence".to_owned() } else { parts.join(" + ") }
}

fn piece(path: &SoundPath, voice: &Voice) -> Option<Piece> {
    let own = voice.own.as_ref().map(|own| &own.folder);
    let inside = [Some(&voice.folder), own]
        .into_iter()
        .flatten()
        .find_map(|folder| path.as_str().strip_prefix(&**folder)?.strip_prefix('/')?.strip_suffix(".wav"))?;
    inside.parse().ok()
}

/// The file's name relative to the folder of sounds, which is the parent of the folder of the voice.
fn name<'p>(path: &'p SoundPath, voice: &Voice) -> &'p str {
    let sounds = voice.folder.rsplit_once('/').map_or("", |(sounds, _)| sounds);
    let inside = path.as_str().strip_prefix(sounds).and_then(|inside| inside.strip_prefix('/'));
    inside.unwrap_or(path.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotlined_config::shorthand::SimpleHotline;

    #[test]
    fn a_sentence_is_told_as_text_and_a_file_by_its_name() {
        let mut hotline = SimpleHotline::default().hotline("4008001234", "Example", Vec::new());
        hotline.voice = Voice { folder: "/srv/sounds/zh".into(), ..Voice::default() };
        let path = |path: &str| SoundPath::new(path).unwrap();
        let greeting = [path("/srv/sounds/shop/hello.wav"), path("/srv/sounds/zh/ivr/goodbye.wav")];
        let text = phrases::text(hotline.voice.language, &[Piece::Goodbye]);
        let sound_text = describe_sound(&Prompt::Files(greeting.into()), Some(&hotline));
        assert_eq!(sound_text, format!("shop/hello.wav + “{text}”"));
        assert_eq!(describe_sound(&Prompt::File(path("/other/a.wav")), Some(&hotline)), "/other/a.wav");
        assert_eq!(describe_sound(&Prompt::File(path("/srv/sounds/a.wav")), None), "/srv/sounds/a.wav");
    }
}
