using System.Globalization;
using System.Text;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>
/// The user whose rights are asked for (<c>as</c>, <c>as-uid</c>, <c>as-groups</c>, <c>as-user-extra</c>), as the headers that say so.
/// </summary>
internal sealed class Impersonation(IReadOnlyList<(string Name, IReadOnlyList<string> Values)> headers)
{
    public IReadOnlyList<(string Name, IReadOnlyList<string> Values)> Headers { get; } = headers;

    /// <summary>A header has to be sent more than once.</summary>
    public bool Repeats => Headers.Any(h => h.Values.Count > 1);

    /// <summary>Null when the kubeconfig's user asks for nobody else.</summary>
    /// <exception cref="KubeConfigException">Groups, uid or extra without a user: the server would refuse every request.</exception>
    public static Impersonation? Of(KubeConfigEntry? user)
    {
        if (user is null)
        {
            return null;
        }

        List<(string Name, IReadOnlyList<string> Values)> headers =
        [
            ("Impersonate-User", user.Text("as") is { } name ? [name] : []),
            ("Impersonate-Uid", user.Text("as-uid") is { } uid ? [uid] : []),
            ("Impersonate-Group", [.. user.Texts("as-groups")]),
        ];
        if (user.Child("as-user-extra") is { } extra)
        {
            headers.AddRange(extra.Names.Select(key => ($"Impersonate-Extra-{Escape(key)}", (IReadOnlyList<string>)[.. extra.Texts(key)])));
        }

        headers.RemoveAll(h => h.Values.Count == 0);
        if (headers.Exists(h => h.Values.Any(v => v.AsSpan().ContainsAny('\r', '\n', '\0'))))
        {
            throw new KubeConfigException(
                user.File, user.Field("as"), "it and what belongs to it must be of one line each.", "Correct them.");
        }

        return headers.Count == 0 ? null
            : headers[0].Name is "Impersonate-User" ? new(headers)
            : throw new KubeConfigException(
                user.File, user.Field("as"), "it is missing, and as-groups, as-uid or as-user-extra is there.", "Name the user to act as.");
    }

    /// <summary>
    /// A key may hold what a header's name may not (a slash above all): that is percent-encoded, and the server decodes it.
    /// </summary>
    private static string Escape(string key)
    {
        var escaped = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(key))
        {
            _ = char.IsAsciiLetterOrDigit((char)b) || "!#$&'*+-.^_`|~".Contains((char)b, StringComparison.Ordinal)
                ? escaped.Append((char)b)
                : escaped.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }

        return escaped.ToString();
    }
}
