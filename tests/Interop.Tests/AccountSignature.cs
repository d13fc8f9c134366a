using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AgentWarden.InteropTests;

/// <summary>An account's shared access signature for its queues, made by the rules of "Create an account SAS" (string-to-sign of 2015-04-05).</summary>
internal static class AccountSignature
{
    private const string Version = "2019-12-12", Services = "q", ResourceTypes = "sco", Permissions = "rwdlacup";

    public static string Of(string account, string key, DateTimeOffset until)
    {
        var expiry = until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var text = $"{account}\n{Permissions}\n{Services}\n{ResourceTypes}\n\n{expiry}\n\n\n{Version}\n";
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(key), Encoding.UTF8.GetBytes(text)));
        return $"sv={Version}&ss={Services}&srt={ResourceTypes}&sp={Permissions}&se={Uri.EscapeDataString(expiry)}&sig={Uri.EscapeDataString(signature)}";
    }
}
