//! Writes the definition of a component: plain calls under `toolwright::__private`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, ItemFn};

use crate::attrs::{self, Faults, hidden};
use crate::function::{Function, Kind, Parameter, callee};

/// Expands an attribute on a free function.
pub(crate) fn free(kind: Kind, args: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let mut function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            let word = kind.word();
            let fault = format!(
                "`#[{word}]` stands on a function; for the methods of a value put `#[tools]` on its impl block"
            );
            faults.add(match syn::parse2::<syn::Item>(item.clone()) {
                Err(unreadable) => unreadable,
                Ok(_) => syn::Error::new_spanned(attrs::head(item.clone()), fault),
            });
            let faults = faults.to_tokens();
            return quote!(#item #faults);
        }
    };
    refuse_second(&mut function, &mut faults);
    function.attrs.extend(attrs::many_arguments(&function.sig));
    let read = Function::read(kind, args, &function.attrs, &mut function.sig, false, &mut faults);
    if read.has_receiver {
        // It stands in an impl block, where neither a type nor a constant can.
        let faults = faults.to_tokens();
        return quote!(#function #faults);
    }
    let (vis, ident) = (&function.vis, &read.ident);
    let (conditions, missing_doc) = (&read.conditions, missing_doc(&read));
    let root = root(&read);
    let definition = if faults.is_empty() {
        let definition = definition(&read, false);
        quote!(#definition)
    } else {
        quote!(::core::unreachable!())
    };
    let faults = faults.to_tokens();
    quote! {
        #function
        #faults
        #missing_doc
        #(#conditions)*
        #[doc(hidden)]
        #[allow(non_camel_case_types, missing_debug_implementations, reason = "stands for the function of this name")]
        #vis struct #ident {}
        #(#conditions)*
        #[allow(deprecated, reason = "to offer a function is not to call it")]
        const _: () = {
            use #root as __tw;
            impl __tw::Define for #ident {
                fn define() -> __tw::Component {
                    #definition
                }
            }
        };
    }
}

/// A second attribute of ours would define the same type again.
fn refuse_second(function: &mut ItemFn, faults: &mut Faults) {
    let second = function.attrs.extract_if(.., |attr| Kind::of(attr).is_some());
    second.for_each(|attr| faults.at(attr, "a function becomes one thing; take one of these attributes off"));
}

/// Where the code we write finds what it calls.
pub(crate) fn root(function: &Function) -> TokenStream {
    match &function.options.root {
        Some(path) => quote!(#path::__private),
        None => quote!(::toolwright::__private),
    }
}

/// An expression of type `Component`; `__tw` must be in scope, and `__this` in a block.
pub(crate) fn definition(function: &Function, in_block: bool) -> TokenStream {
    let parameters = function.parameters.iter().map(describe);
    let returns = returns(function);
    let handler = handler(function, in_block);
    let component = component(function);
    let strict = function.options.strict.then(|| quote!(__spec = __spec.strict();));
    quote! {{
        #[allow(unused_imports, reason = "method resolution picks among them")]
        use __tw::via::*;
        let mut __spec = __tw::InputSpec::default();
        #(#parameters)*
        #strict
        #returns
        let __handler = #handler;
        #component
    }}
}

/// `let __param0 = …; let __at0 = …;`
fn describe(parameter: &Parameter) -> TokenStream {
    let (param, at) =
        (hidden(&format!("__param{}", parameter.index)), hidden(&format!("__at{}", parameter.index)));
    let ty = &parameter.ty;
    let name = parameter.name_literal();
    let mut arg = quote!(__tw::Arg::new(#name));
    if let Some(doc) = &parameter.doc {
        arg.extend(quote!(.description(#doc)));
    }
    for (key, value) in &parameter.keywords {
        arg.extend(quote!(.keyword(#key, #value)));
    }
    let default = parameter.default.as_ref().map(|default| {
        let made = parameter.default_variable();
        arg.extend(quote!(.or((&&__tw::Probe::<#ty>::new()).shown(&#made()))));
        quote!(let #made = || {
            let __made: #ty = #default;
            __made
        };)
    });
    if let Some(path) = &parameter.complete {
        let completer = completer(path);
        arg.extend(quote!(.complete(#completer)));
    }
    quote! {
        let #param = (&&&&&&__tw::Probe::<#ty>::new()).param();
        <#ty as __ask::Parameter<_>>::check(#param.known().0);
        <#ty as __ask::Described<_>>::check(#param.known().1);
        #default
        let #at = #param.describe(&mut __spec, #arg);
    }
}

/// A source of suggestions: an async function of what was typed, or a method in a block.
fn completer(path: &syn::Path) -> TokenStream {
    let is_method = path.segments.first().is_some_and(|first| first.ident == "Self");
    let (share, call) = if is_method {
        (quote!(let __this = ::std::sync::Arc::clone(&__this);), quote!(#path(&__this, &__typed.value)))
    } else {
        (TokenStream::new(), quote!(#path(&__typed.value)))
    };
    quote!(__tw::Completer::new({
        #share
        move |__typed: __tw::Typed| {
            #share
            async move { __tw::suggestions(#call.await) }
        }
    }))
}

fn returns(function: &Function) -> TokenStream {
    let ty = &function.returns;
    let (kind, asked) = match function.kind {
        Kind::Tool => (quote!((&&&&__value).output()), quote!(ToolReturn)),
        Kind::Resource => (quote!((&&&__value).contents()), quote!(ResourceReturn)),
        Kind::Prompt => (quote!((&&__value).messages()), quote!(PromptReturn)),
    };
    quote! {
        let __peel = (&&&__tw::Probe::<#ty>::new()).peel();
        <#ty as __ask::Fails<_, _>>::check(&__peel.error(), __peel.known());
        let __value = __peel.value();
        let __kind = #kind;
        <#ty as __ask::#asked<_, _>>::check(&__value, __ask::told(&__value, __kind));
    }
}

fn handler(function: &Function, in_block: bool) -> TokenStream {
    let takes = function.parameters.iter().map(take);
    let values: Vec<Ident> = function.parameters.iter().map(Parameter::variable).collect();
    let callee = callee(function, in_block);
    let receiver = function.has_receiver.then(|| quote!(&__this,));
    let args = function.parameters.iter().map(|parameter| {
        let value = parameter.variable();
        if parameter.borrowed { quote!(&#value) } else { value.into_token_stream() }
    });
    let call = quote!(#callee(#receiver #(#args),*));
    let share = function.has_receiver.then(|| quote!(let __this = ::std::sync::Arc::clone(&__this);));
    let read = if values.is_empty() {
        quote!()
    } else {
        // All are taken before any is looked at, so that all problems are known at once.
        quote!(let (#(::core::option::Option::Some(#values),)*) = (#(#takes,)*) else {
            return ::core::option::Option::None;
        };)
    };
    let body = |run: TokenStream| {
        quote! {
            {
                #share
                move |__input: &mut __tw::Input<'_>| {
                    #read
                    #share
                    ::core::option::Option::Some(#run)
                }
            }
        }
    };
    if function.is_async {
        let prepare = body(quote!(async move { #call.await }));
        return quote_spanned!(function.ident.span()=> __tw::future(#prepare, __peel, __kind));
    }
    let prepare = body(quote!(move || #call));
    let name = function.name();
    let pace = match (function.options.blocking, function.options.inline) {
        (true, _) => quote!(Blocking),
        // What is worth a task takes long.
        (_, false) if function.options.task.is_some() => quote!(Blocking),
        (_, true) => quote!(Inline),
        _ => quote!(Auto),
    };
    quote!(__tw::sync(#name, __tw::Pace::#pace, #prepare, __peel, __kind))
}

fn take(parameter: &Parameter) -> TokenStream {
    let (param, at) =
        (hidden(&format!("__param{}", parameter.index)), hidden(&format!("__at{}", parameter.index)));
    match &parameter.default {
        Some(_) => {
            let made = parameter.default_variable();
            quote!(#param.take_or(__input, #at, #made))
        }
        None => quote!(#param.take(__input, #at)),
    }
}

fn component(function: &Function) -> TokenStream {
    let options = &function.options;
    let name = function.name();
    let mut made = match (function.kind, &options.uri) {
        (Kind::Tool, _) => {
            quote!(__tw::Tool::new(#name, __spec, __tw::output_schema(&__value, &__kind), __handler))
        }
        (Kind::Prompt, _) => quote!(__tw::Prompt::new(#name, __spec, __handler)),
        (Kind::Resource, Some(uri)) if uri.value().contains('{') => {
            quote!(__tw::Template::new(#uri, #name, __spec, __handler))
        }
        (Kind::Resource, uri) => quote!(__tw::Resource::new(#uri, #name, __spec, __handler)),
    };
    let mut set = |method: &str, value: TokenStream| {
        let method = hidden(method);
        made.extend(quote!(.#method(#value)));
    };
    if let Some(doc) = function.doc.as_ref().filter(|doc| !doc.is_empty()) {
        set("description", quote!(#doc));
    }
    for (method, value) in
        [("title", &options.title), ("icon", &options.icon), ("mime_type", &options.mime_type)]
    {
        if let Some(value) = value {
            set(method, quote!(#value));
        }
    }
    options.tags.iter().for_each(|tag| set("tag", quote!(#tag)));
    options.meta.iter().for_each(|(key, value)| set("meta", quote!(#key, #value)));
    if let Some(timeout) = &options.timeout {
        set("timeout", timeout.clone());
    }
    if let Some(ui) = &options.ui {
        set("ui", quote!(#ui));
    }
    if let Some(ttl) = &options.ttl {
        let scope = hidden(if options.public { "public" } else { "private" });
        set("cache", quote!(__tw::Cache::#scope(#ttl)));
    }
    if let Some(task) = &options.task {
        let (required, deferred) = (task.required, task.deferred);
        set("task", quote!(__tw::TaskSupport { required: #required, deferred: #deferred }));
    }
    if options.no_output_schema {
        set("without_output_schema", TokenStream::new());
    }
    if !options.hints.is_empty() {
        set("annotations", annotations(function));
    }
    quote!(__tw::Component::from(#made))
}

/// What a tool says of its effects.
fn annotations(function: &Function) -> TokenStream {
    let hints = function.options.hints.iter().map(|(field, truth)| {
        let field = hidden(field);
        quote!(__hints.#field = ::core::option::Option::Some(#truth);)
    });
    quote!({
        let mut __hints = __tw::ToolAnnotations::default();
        #(#hints)*
        __hints
    })
}

/// A warning, told the only way a macro can on a stable compiler: as the use of something deprecated.
pub(crate) fn missing_doc(function: &Function) -> TokenStream {
    if function.doc.is_some() || function.kind != Kind::Tool {
        return TokenStream::new();
    }
    let (ident, conditions) = (&function.ident, &function.conditions);
    let note = format!(
        "the tool `{}` has no description, and models choose tools by it: write a `///` comment above the function, \
         or silence this with `#[tool(description = \"\")]`",
        function.name()
    );
    quote_spanned! {ident.span()=>
        #(#conditions)*
        const _: () = {
        #[deprecated(note = #note)]
        #[allow(non_upper_case_globals, reason = "carries the function's name into the warning")]
        const #ident: () = ();
        #ident
    };}
}
