using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>Signs requests with a storage account's key: Shared Key authorization of the Storage services, version 2015-02-21 and later.</summary>
internal sealed class SharedKey(string account, byte[] key)
{
    private const string MicrosoftHeaders = "x-ms-";

    public string Account => account;

    /// <summary>The value of the <c>Authorization</c> header.</summary>
    public string Authorization(string stringToSign) =>
        $"SharedKey {account}:{Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(stringToSign)))}";

    /// <summary>What is signed: method, headers and resource in the one form that both sides compute.</summary>
    /// <param name="method">Upper case.</param>
    /// <param name="uri">The request's address, with its query.</param>
    /// <param name="contentLength">Length of the body; zero is signed as nothing.</param>
    /// <param name="headers">All headers of the request. <c>x-ms-date</c> stands for <c>Date</c>, whose line stays empty.</param>
    public string StringToSign(string method, Uri uri, long contentLength, IReadOnlyDictionary<string, string> headers)
    {
        string Header(string name) => headers.GetValueOrDefault(name, "");
        string[] lines =
        [
            method,
            Header("Content-Encoding"),
            Header("Content-Language"),
            contentLength == 0 ? "" : contentLength.ToString(CultureInfo.InvariantCulture),
            Header("Content-MD5"),
            Header("Content-Type"),
            "",
            Header("If-Modified-Since"),
            Header("If-Match"),
            Header("If-None-Match"),
            Header("If-Unmodified-Since"),
            Header("Range"),
            .. headers.Where(h => h.Key.StartsWith(MicrosoftHeaders, StringComparison.OrdinalIgnoreCase))
                .Select(h => (Name: h.Key.ToLowerInvariant(), h.Value)).OrderBy(h => h.Name, StringComparer.Ordinal).Select(h => $"{h.Name}:{h.Value.Trim()}"),
            // The account comes once more where the path begins with it, as in an emulator's addresses.
            $"/{account}{uri.AbsolutePath}",
            .. Parameters(uri.Query).GroupBy(p => p.Name, StringComparer.Ordinal).OrderBy(p => p.Key, StringComparer.Ordinal)
                .Select(p => $"{p.Key}:{string.Join(',', p.Select(v => v.Value).Order(StringComparer.Ordinal))}"),
        ];
        return string.Join('\n', lines);
    }

    /// <summary>Names in lower case, values decoded.</summary>
    private static IEnumerable<(string Name, string Value)> Parameters(string query) => query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p =>
    {
        var equals = p.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (p.ToLowerInvariant(), "") : (Uri.UnescapeDataString(p[..equals]).ToLowerInvariant(), Uri.UnescapeDataString(p[(equals + 1)..]));
    });
}
